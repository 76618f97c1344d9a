import { createHash } from 'node:crypto';
import { type DuckDBConnection, LIST, listValue, VARCHAR } from '@duckdb/node-api';
import type { Account, Advance } from '../ledger/account.ts';
import { addStretch, type Stretch } from '../ledger/account-stretch.ts';
import type { Feed } from '../market/feed.ts';
import type { MarketSymbol } from '../market/symbol.ts';
import type { EpochMinute } from '../time/minute.ts';
import { minuteSql, minuteValue, symbolsOf } from './duckdb-value.ts';

/** Log rows that are borne before the log is merged again. */
const mergeAt = 2_000;

/**
 * The account of minutes on the disk: a log of advances. Symbols that advance together are one group, which is
 * written once, so that a cycle costs one row per group however many symbols it has.
 */
export class CoverageLog {
  #groups = new Map<string, number>();
  #keys = new WeakMap<readonly MarketSymbol[], string>();
  #nextGroup = 1;
  #rows = 0;

  /** True when the log has grown so long that `merge` is worth its while. */
  get isLong(): boolean {
    return this.#rows > mergeAt;
  }

  /** Enter what the log says into `account`. */
  async load(writer: DuckDBConnection, account: Account): Promise<void> {
    const groups = new Map<number, readonly MarketSymbol[]>();
    for (const [id, symbols] of (await writer.runAndReadAll('FROM symbol_groups')).getRows()) {
      const members = symbolsOf(symbols);
      groups.set(Number(id), members);
      this.#groups.set(this.#keyOf(members), Number(id));
      this.#nextGroup = Math.max(this.#nextGroup, Number(id) + 1);
    }
    const rows = await writer.runAndReadAll(
      `SELECT group_id, feed, ${minuteSql('from_minute')}, ${minuteSql('to_minute')} FROM coverage_log`,
    );
    // Minutes of a group are merged before its symbols are touched: 960 rows become one.
    const merged = new Map<string, { feed: Feed; group: number; stretches: readonly Stretch[] }>();
    for (const [id, name, from, to] of rows.getRows()) {
      this.#rows += 1;
      const [group, feed] = [Number(id), name as Feed];
      const key = `${group} ${feed}`;
      const entry = merged.get(key) ?? { feed, group, stretches: [] };
      const stretch = { from: Number(from) as EpochMinute, to: Number(to) as EpochMinute };
      entry.stretches = addStretch(entry.stretches, stretch);
      merged.set(key, entry);
    }
    for (const { feed, group, stretches } of merged.values())
      for (const stretch of stretches)
        account.advance({ feed, symbols: groups.get(group) ?? [], ...stretch });
  }

  /** Append advances inside the writer's open transaction. Returns what to do once it is committed. */
  async append(writer: DuckDBConnection, advances: readonly Advance[]): Promise<() => void> {
    const fresh = new Map<string, { id: number; symbols: readonly MarketSymbol[] }>();
    const rows = advances.map((advance) => {
      const key = this.#keyOf(advance.symbols);
      const known = this.#groups.get(key) ?? fresh.get(key)?.id;
      const id = known ?? this.#nextGroup + fresh.size;
      if (known === undefined) fresh.set(key, { id, symbols: advance.symbols });
      return { advance, id };
    });
    await appendGroups(writer, [...fresh.values()]);
    const log = await writer.createAppender('coverage_log');
    for (const { advance, id } of rows) {
      log.appendVarchar(advance.feed);
      log.appendTimestampTZ(minuteValue(advance.from));
      log.appendTimestampTZ(minuteValue(advance.to));
      log.appendInteger(id);
      log.endRow();
    }
    log.closeSync();
    return () => {
      for (const [key, { id }] of fresh) this.#groups.set(key, id);
      this.#nextGroup += fresh.size;
      this.#rows += rows.length;
    };
  }

  /** Write the log anew from `account` inside the writer's open transaction, with the fewest rows. */
  async merge(writer: DuckDBConnection, account: Account): Promise<() => void> {
    const alike = new Map<string, Stretch & { readonly feed: Feed; readonly symbols: MarketSymbol[] }>();
    for (const { feed, symbol, stretches } of account.entries()) {
      for (const { from, to } of stretches) {
        const key = `${feed} ${from} ${to}`;
        const advance = alike.get(key);
        if (advance) advance.symbols.push(symbol);
        else alike.set(key, { feed, from, to, symbols: [symbol] });
      }
    }
    await writer.run('DELETE FROM coverage_log');
    await writer.run('DELETE FROM symbol_groups');
    const anew = new CoverageLog();
    const done = await anew.append(writer, [...alike.values()]);
    return () => {
      done();
      this.#groups = anew.#groups;
      this.#nextGroup = anew.#nextGroup;
      this.#rows = 0;
    };
  }

  /** A name for a set of symbols, the same for the same set. */
  #keyOf(symbols: readonly MarketSymbol[]): string {
    let key = this.#keys.get(symbols);
    if (key === undefined) {
      key = createHash('sha1')
        .update([...symbols].sort().join(','))
        .digest('base64');
      this.#keys.set(symbols, key);
    }
    return key;
  }
}

async function appendGroups(
  writer: DuckDBConnection,
  groups: readonly { id: number; symbols: readonly MarketSymbol[] }[],
): Promise<void> {
  if (groups.length === 0) return;
  const appender = await writer.createAppender('symbol_groups');
  for (const { id, symbols } of groups) {
    appender.appendInteger(id);
    appender.appendList(listValue([...symbols].sort()), LIST(VARCHAR));
    appender.endRow();
  }
  appender.closeSync();
}
