import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Histogram } from '../../src/telemetry/histogram.ts';

describe('Histogram', () => {
  it('has no quantile without entries', () => {
    expect(new Histogram().quantile(0.5)).toBeUndefined();
  });

  it('counts what is at most one, zero and negatives among it, as one', () => {
    const histogram = new Histogram();
    for (const value of [-5, 0, 0.3, 1]) histogram.add(value);
    expect(histogram.count).toBe(4);
    expect(histogram.quantile(1)).toBe(1);
  });

  it('tells every quantile to within 5 %, and never too low', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 1, max: 1e9, noNaN: true }), { minLength: 1, maxLength: 200 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (values, share) => {
          const histogram = new Histogram();
          for (const value of values) histogram.add(value);
          const rank = Math.max(1, Math.ceil(share * values.length));
          const exact = values.toSorted((a, b) => a - b)[rank - 1] ?? Number.NaN;
          const told = histogram.quantile(share) ?? Number.NaN;
          expect(told / exact).toBeGreaterThan(1 - 1e-9);
          expect(told / exact).toBeLessThan(1.05 + 1e-9);
        },
      ),
    );
  });
});
