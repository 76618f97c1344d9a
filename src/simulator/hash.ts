/**
 * Repeatable randomness by position: the same (seed, place) always gives the same number, in any order of
 * asking. That is what lets the market be read anywhere without storing anything.
 */

/** Mix two 32-bit numbers into one whose every bit depends on every bit of both. */
export function hash(a: number, b: number): number {
  let x = Math.imul(a ^ (b + 0x9e3779b9 + (a << 6) + (a >>> 2)), 0x85ebca6b);
  x ^= Math.imul(b, 0xc2b2ae35);
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return (x ^ (x >>> 16)) >>> 0;
}

/** Mix a text into a seed (FNV-1a, then one round of `hash`). */
export function hashText(seed: number, text: string): number {
  let x = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) x = Math.imul(x ^ text.charCodeAt(index), 0x01000193);
  return hash(seed, x >>> 0);
}

/** A 32-bit number as a fraction: 0 <= fraction < 1. */
export function fraction(bits: number): number {
  return (bits >>> 0) / 0x1_0000_0000;
}
