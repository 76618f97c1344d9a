import { describe, expect, it } from 'vitest';
import {
  createHandler,
  createInProcessTransport,
  type FaultRates,
  type SimulatorResponse,
} from '../../src/simulator/index.ts';
import { createMarket } from '../../src/simulator/market.ts';
import { handClock, keys, noon } from './conversation.ts';

const market = createMarket({ symbols: 20 });
const latest = '/v2/stocks/bars/latest?symbols=AAPL,MSFT';

function responses(faults: FaultRates, count: number, seed = 1): SimulatorResponse[] {
  const handler = createHandler({ market, clock: handClock(noon), rateLimit: 'off', faults, seed });
  return Array.from({ length: count }, () => handler.handle({ url: latest, headers: keys }));
}

const nameOf = (response: SimulatorResponse) =>
  response.kind === 'answer'
    ? `${response.answer.status}${response.afterMs > 0 ? ' slow' : ''}`
    : response.kind;

describe('faults', () => {
  it('hit the share of requests that is told, each kind its own', () => {
    const rates = { 429: 0.05, 500: 0.1, reset: 0.04, hang: 0.03, slow: 0.06, torn: 0.02 };
    const names = responses(rates, 10_000).map(nameOf);
    const share = (test: (name: string) => boolean) => names.filter(test).length / names.length;
    expect(Math.abs(share((name) => name === '429') - 0.05)).toBeLessThan(0.01);
    expect(Math.abs(share((name) => name.startsWith('50')) - 0.1)).toBeLessThan(0.01);
    for (const kind of ['reset', 'hang', 'torn'] as const) {
      expect(Math.abs(share((name) => name === kind) - rates[kind])).toBeLessThan(0.01);
    }
    expect(Math.abs(share((name) => name === '200 slow') - 0.06)).toBeLessThan(0.01);
    expect(Math.abs(share((name) => name === '200') - 0.7)).toBeLessThan(0.02);
  });

  it('hit the same requests again with the same seed', () => {
    const rates = { 500: 0.2, torn: 0.2 };
    expect(responses(rates, 200, 5)).toEqual(responses(rates, 200, 5));
    expect(responses(rates, 200, 6).map(nameOf)).not.toEqual(responses(rates, 200, 5).map(nameOf));
  });

  it('of the server come as JSON and as pages of its proxy', () => {
    const bodies = responses({ 500: 1 }, 200).map((response) =>
      response.kind === 'answer'
        ? `${response.answer.status} ${response.answer.headers['Content-Type']}`
        : '',
    );
    expect(new Set(bodies)).toEqual(
      new Set(['500 application/json; charset=UTF-8', '502 text/html', '503 text/html', '504 text/html']),
    );
  });

  it('that tear a body never leave it whole', () => {
    const torn = responses({ torn: 1 }, 200);
    for (const response of torn) {
      expect(response.kind).toBe('torn');
      if (response.kind !== 'torn') continue;
      expect(response.keep).toBeLessThan(response.answer.body.length);
      expect(() => JSON.parse(response.answer.body.slice(0, response.keep)) as unknown).toThrow(SyntaxError);
    }
    const framed = torn.filter((response) => response.kind === 'torn' && response.framed);
    expect(framed.length).toBeGreaterThan(50);
    expect(framed.length).toBeLessThan(150);
  });

  it('that refuse for the rate look like the real refusal', () => {
    const [response] = responses({ 429: 1 }, 1);
    expect(response).toMatchObject({
      kind: 'answer',
      answer: { status: 429, body: '{"message": "too many requests."}' },
    });
  });

  it.each([{ 429: -0.1 }, { reset: 1.5 }, { 500: 0.6, torn: 0.6 }])('%o cannot be', (faults) => {
    expect(() => createHandler({ market, clock: handClock(noon), faults })).toThrow(RangeError);
  });
});

describe('the transport in this process', () => {
  const transport = (faults: FaultRates, clock = handClock(noon)) =>
    createInProcessTransport(createHandler({ market, clock, faults }), { clock, oneWayMs: 40 });
  const url = `http://simulator${latest}`;

  it('takes the time of the way there and back, and asks in between', async () => {
    const clock = handClock(noon);
    const answer = await transport({}, clock).get(url, {
      'APCA-API-KEY-ID': 'a',
      'APCA-API-SECRET-KEY': 'b',
    });
    expect(answer.status).toBe(200);
    expect(answer.headers['x-ratelimit-remaining']).toBe('199');
    expect(clock.time).toBe(noon + 80);
  });

  it.each([
    ['reset', 'ECONNRESET'],
    ['hang', 'ETIMEDOUT'],
  ] as const)('makes a %s a broken connection', async (kind, code) => {
    await expect(transport({ [kind]: 1 }).get(url, keys)).rejects.toMatchObject({ code });
  });

  it('makes torn bodies short ones or broken connections', async () => {
    const torn = transport({ torn: 1 });
    const ends = await Promise.all(
      Array.from({ length: 40 }, () =>
        torn.get(url, keys).then(
          ({ body }) => (body.endsWith('}}}') ? 'whole' : 'short'),
          () => 'broken',
        ),
      ),
    );
    expect(new Set(ends)).toEqual(new Set(['short', 'broken']));
  });
});
