import { fraction, hash } from './hash.ts';

/** A path is a sum of smooth noises: the longer the period in minutes, the wider the swing (share of price). */
const waves = [
  { period: 1, swing: 0.0003 },
  { period: 7, swing: 0.0008 },
  { period: 43, swing: 0.002 },
  { period: 390, swing: 0.006 },
  { period: 2_880, swing: 0.015 },
  { period: 20_160, swing: 0.04 },
] as const;

/**
 * The price at the start of a minute as a multiple of the base price. Pure and continuous: a minute closes
 * where the next one opens, and any minute can be asked for without walking there.
 */
export function pathAt(key: number, minute: number, volatility: number): number {
  let sum = 0;
  for (let index = 0; index < waves.length; index++) {
    const wave = waves[index];
    if (!wave) break;
    const place = minute / wave.period;
    const cell = Math.floor(place);
    const part = place - cell;
    const salt = key + index * 0x61c88647;
    const from = fraction(hash(salt, cell));
    const smooth = part * part * (3 - 2 * part);
    const to = part === 0 ? from : fraction(hash(salt, cell + 1));
    sum += wave.swing * (2 * (from + (to - from) * smooth) - 1);
  }
  return 1 + volatility * sum;
}
