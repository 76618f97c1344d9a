import { describe, expect, it } from 'vitest';
import { Breaker } from '../../src/async/breaker.ts';
import type { Clock } from '../../src/time/clock.ts';

function setUp(threshold = 3) {
  const clock: Clock & { at: number } = {
    at: 1_000_000,
    now: () => clock.at,
    sleep: () => Promise.reject(new Error('a breaker does not sleep')),
  };
  return { clock, breaker: new Breaker({ clock, threshold, coolDownMs: 5_000 }) };
}

function failTimes(breaker: Breaker, count: number): void {
  for (let failure = 0; failure < count; failure++) {
    breaker.enter();
    breaker.fail();
  }
}

describe('Breaker', () => {
  it('lets everyone in while failures stay below the threshold', () => {
    const { breaker } = setUp();
    failTimes(breaker, 2);
    expect(breaker.state).toBe('closed');
    expect(breaker.enter()).toBe(0);
  });

  it('opens at the threshold and says how long it rests', () => {
    const { breaker, clock } = setUp();
    failTimes(breaker, 3);
    expect(breaker.state).toBe('open');
    expect(breaker.enter()).toBe(5_000);
    clock.at += 1_200;
    expect(breaker.enter()).toBe(3_800);
  });

  it('counts only failures in a row', () => {
    const { breaker } = setUp();
    failTimes(breaker, 2);
    breaker.succeed();
    failTimes(breaker, 2);
    expect(breaker.state).toBe('closed');
  });

  it('lets exactly one probe in after the rest, and the others wait', () => {
    const { breaker, clock } = setUp();
    failTimes(breaker, 3);
    clock.at += 5_000;
    expect(breaker.state).toBe('half-open');
    expect(breaker.enter()).toBe(0);
    expect(breaker.enter()).toBeGreaterThan(0);
    expect(breaker.enter()).toBeGreaterThan(0);
  });

  it('closes when the probe succeeds', () => {
    const { breaker, clock } = setUp();
    failTimes(breaker, 3);
    clock.at += 5_000;
    breaker.enter();
    breaker.succeed();
    expect(breaker.state).toBe('closed');
    expect(breaker.enter()).toBe(0);
    failTimes(breaker, 2);
    expect(breaker.state).toBe('closed');
  });

  it('rests again as long when the probe fails', () => {
    const { breaker, clock } = setUp();
    failTimes(breaker, 3);
    clock.at += 5_000;
    breaker.enter();
    breaker.fail();
    expect(breaker.state).toBe('open');
    expect(breaker.enter()).toBe(5_000);
  });

  it('lets another probe in when the first was abandoned', () => {
    const { breaker, clock } = setUp();
    failTimes(breaker, 3);
    clock.at += 5_000;
    breaker.enter();
    breaker.abandon();
    expect(breaker.enter()).toBe(0);
  });

  it('is closed by the success of a request that was under way when it opened', () => {
    const { breaker } = setUp();
    failTimes(breaker, 3);
    breaker.succeed();
    expect(breaker.state).toBe('closed');
  });
});
