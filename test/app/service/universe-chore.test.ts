import { describe, expect, it } from 'vitest';
import type { Engine } from '../../../src/app/engine.ts';
import { createRetryPolicy } from '../../../src/app/hosts.ts';
import { universeChore } from '../../../src/app/service/daily-chores.ts';
import { Roster } from '../../../src/ingest/roster.ts';
import type { MarketSymbol } from '../../../src/market/symbol.ts';
import type { StoreBatch } from '../../../src/store/bar-store.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { minuteOf } from '../../../src/time/minute.ts';
import { SteppedClock } from '../../../src/time/stepped-clock.ts';
import { SymbolSet } from '../../../src/universe/symbol-set.ts';
import { hostThat } from './host.ts';

const names = (...list: string[]) => list as unknown as MarketSymbol[];
const ten = names('A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', 'I', 'J');

function assetsOf(symbols: readonly string[]): string {
  const asset = { status: 'active', class: 'us_equity', exchange: 'NASDAQ', tradable: true };
  return JSON.stringify(symbols.map((symbol) => ({ ...asset, symbol })));
}

/** The symbols that are polled after a night in which the service lists `listed`, and what was noted and warned of. */
async function nightWith(listed: readonly string[]) {
  const clock = new SteppedClock(Date.parse('2026-01-14T15:00:00Z'));
  const roster = new Roster();
  roster.add(ten, minuteOf(clock.now()));
  const host = hostThat(clock, () => Promise.resolve({ status: 200, headers: {}, body: assetsOf(listed) }));
  const engine = {
    replan: () => undefined,
    poller: {
      add: (symbols: MarketSymbol[]) => roster.add(symbols, minuteOf(clock.now())),
      remove: (symbols: MarketSymbol[]) => roster.remove(symbols),
    },
  } as unknown as Engine;
  const noted: StoreBatch[] = [];
  const warned: string[] = [];
  const log = { ...silentLog, warn: (message: string) => void warned.push(message) };
  const retry = createRetryPolicy(clock, silentLog);
  const chore = universeChore({
    selection: {
      named: [],
      settings: { symbols: undefined, symbolsFile: undefined, universe: 'assets' },
      readFile: () => Promise.reject(new Error('no file is read')),
      trading: () => ({ host, retry }),
      log: silentLog,
    },
    engine,
    recorder: { note: (batch) => void noted.push(batch) },
    clock,
    log,
    initial: new SymbolSet(ten),
    onChange: () => undefined,
  });
  const { signal } = new AbortController();
  await chore.run(signal);
  // 03:31 in New York.
  await clock.sleep(Date.parse('2026-01-15T08:31:00Z') - clock.now());
  await chore.run(signal);
  return { polled: roster.symbols(), noted, warned };
}

describe('the universe over night', () => {
  it('gains what was listed and loses what was delisted', async () => {
    const { polled, noted, warned } = await nightWith([...ten.slice(2), 'NEW']);
    expect(polled).toEqual([...ten.slice(2), 'NEW']);
    expect(noted).toHaveLength(1);
    expect(noted[0]).toMatchObject({ unwatch: ['A', 'B'], watch: [{ symbols: ['NEW'] }] });
    expect(warned).toEqual([]);
  });

  it('stays as it is when the service lists a part of it', async () => {
    const { polled, noted, warned } = await nightWith([...ten.slice(3), 'NEW']);
    expect(polled).toEqual(ten);
    expect(noted).toEqual([]);
    expect(warned).toEqual([expect.stringContaining('far fewer symbols')]);
  });
});
