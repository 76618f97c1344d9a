/** A minute, named by its start: whole minutes since 1970-01-01T00:00Z. */
export type Minute = number;

/** One bar of the simulated market. Prices in dollars, `v` in shares (crypto: in coins), `n` in trades. */
export interface MarketBar {
  readonly minute: Minute;
  readonly o: number;
  readonly h: number;
  readonly l: number;
  readonly c: number;
  readonly v: number;
  readonly n: number;
  readonly vw: number;
}

/** One bar as the service spells it: the keys in alphabetical order, the time without a fraction. */
export function barJson(bar: MarketBar): string {
  const { c, h, l, n, o, v, vw } = bar;
  return `{"c":${c},"h":${h},"l":${l},"n":${n},"o":${o},"t":"${isoMinute(bar.minute)}","v":${v},"vw":${vw}}`;
}

/** Spellings by the last bits of their minute: pages repeat the same few minutes for every symbol. */
const spellings: { readonly minute: Minute; readonly text: string }[] = [];
const spellingMask = 0x7ff;

/** `2026-01-14T14:30:00Z`. */
export function isoMinute(minute: Minute): string {
  const place = minute & spellingMask;
  const kept = spellings[place];
  if (kept?.minute === minute) return kept.text;
  const text = `${new Date(minute * 60_000).toISOString().slice(0, 19)}Z`;
  spellings[place] = { minute, text };
  return text;
}

/** Bars in order of time folded into one that is named by `minute`. */
export function foldBars(minute: Minute, bars: readonly [MarketBar, ...MarketBar[]]): MarketBar {
  const [first] = bars;
  let { h, l, c } = first;
  let v = 0;
  let n = 0;
  let turnover = 0;
  for (const bar of bars) {
    h = Math.max(h, bar.h);
    l = Math.min(l, bar.l);
    c = bar.c;
    v += bar.v;
    n += bar.n;
    turnover += bar.vw * bar.v;
  }
  const average = v > 0 ? turnover / v : (h + l) / 2;
  const vw = Math.min(h, Math.max(l, Math.round(average * 1e6) / 1e6));
  return { minute, o: first.o, h, l, c, v: Math.round(v * 1e9) / 1e9, n, vw };
}
