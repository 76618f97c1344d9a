import type { BarRow } from '../../market/bar.ts';
import { toIsoMinute } from '../../time/minute.ts';

/** A bar in Alpaca's order of keys. */
export function barJson({ c, h, l, n, o, minute, v, vw }: BarRow): string {
  return `{"c":${c},"h":${h},"l":${l},"n":${n},"o":${o},"t":"${toIsoMinute(minute)}","v":${v},"vw":${vw}}`;
}

/** Lists of bars, or single ones, by symbol. */
export function mapJson(entries: Iterable<readonly [string, string]>): string {
  return `{${[...entries].map(([symbol, json]) => `${JSON.stringify(symbol)}:${json}`).join(',')}}`;
}
