import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { converse, keys } from './conversation.ts';

const simulator = converse({ symbols: 50, quiet: 0 }, { rateLimit: 'off' });
const bars = (query: string) => simulator.ask(`/v2/stocks/bars?timeframe=1Min&${query}`);
const message = (text: string) => (JSON.parse(text) as { message: string }).message;

describe('malformed symbols', () => {
  const malformed = ['BRK-B', 'ANG-PD', 'ACP.PA', '0029900E0', 'UI2T', 'ATC.220816', 'aapl', 'TOOLONG', ''];

  it.each(malformed)('%s fails the whole request, by name, as the history endpoints word it', (symbol) => {
    const answer = bars(`symbols=AAPL,${symbol},MSFT&feed=iex`);
    expect(answer.status).toBe(400);
    expect(answer.text).toBe(`{"message":"invalid symbol: ${symbol}"}`);
  });

  it.each(['/v2/stocks/bars/latest', '/v2/stocks/snapshots'])('are worded otherwise by %s', (path) => {
    const answer = simulator.ask(`${path}?symbols=AAPL,BRK-B`);
    expect(answer.status).toBe(400);
    expect(answer.text).toBe('{"message":"code=400, message=invalid symbol: BRK-B"}');
  });

  it('are named one at a time, the first of the list', () => {
    expect(message(bars('symbols=AAPL,X-Y,Z-W&feed=iex').text)).toBe('invalid symbol: X-Y');
  });

  it('are refused in the path as well', () => {
    expect(simulator.ask('/v2/stocks/BRK-B/bars?timeframe=1Min&feed=iex').status).toBe(400);
  });

  it.each(['BRK.B', 'AAC.WS', 'ZZZZQ'])(
    '%s is none: where it is unknown it is left out in silence',
    (symbol) => {
      const answer = bars(`symbols=${symbol},AAPL&feed=iex`);
      expect(answer.status).toBe(200);
    },
  );

  it('of crypto are answered with the pattern', () => {
    const answer = simulator.ask('/v1beta3/crypto/us/bars?symbols=BTCUSD&timeframe=1Min');
    expect(message(answer.text)).toBe('Invalid symbol(s): BTCUSD does not match ^[A-Z]+/[A-Z]+$');
  });
});

describe('malformed parameters', () => {
  it.each([
    ['limit=10001', 400],
    ['limit=10000', 200],
    ['limit=0', 400],
    ['limit=two', 400],
    ['start=2026-01-14T15:00:00', 400],
    ['start=2026-01-14', 200],
    ['start=2026-01-14T10:00:00-05:00', 200],
    ['start=2026-01-14T15:00:00.000000001Z', 200],
    ['start=2026-13-14', 400],
    ['sort=up', 400],
    ['adjustment=split,spin-off', 200],
    ['adjustment=none', 400],
    ['asof=-', 200],
    ['asof=yesterday', 400],
    ['currency=USD', 200],
    ['currency=dollars', 400],
  ])('%s gives %i', (query, status) => {
    const answer = bars(`symbols=AAPL&feed=iex&${query}`);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.text)).toHaveProperty(status === 200 ? 'bars' : 'message');
  });

  it.each(['30Sec', '60Min', '24Hour', '2Day', '5Month', '1min', 'Min', ''])(
    'timeframe %s is refused',
    (name) => {
      const answer = simulator.ask(`/v2/stocks/bars?symbols=AAPL&feed=iex&timeframe=${name}`);
      expect(answer.status).toBe(400);
      if (name !== '') expect(message(answer.text)).toBe(`invalid timeframe: ${name}`);
    },
  );

  it.each(['1T', '59Min', '23H', '1D', '1W', '12M'])('timeframe %s is taken', (name) => {
    expect(simulator.ask(`/v2/stocks/bars?symbols=AAPL&feed=iex&timeframe=${name}`).status).toBe(200);
  });

  it('end may be the start, but not before it', () => {
    const at = (end: string) => bars(`symbols=AAPL&feed=iex&start=2026-01-14T15:00:00Z&end=${end}`);
    expect(at('2026-01-14T15:00:00Z').status).toBe(200);
    expect(message(at('2026-01-14T14:59:59Z').text)).toBe('end should not be before start');
  });
});

describe('feeds and plans', () => {
  const recent = 'symbols=AAPL&start=2026-01-14T15:00:00Z';

  it('a fresh end on the consolidated feed is refused to the basic plan: 14 minutes yes, 15 no', () => {
    expect(bars(`${recent}&feed=sip&end=2026-01-14T15:45:00Z`).status).toBe(200);
    const refused = bars(`${recent}&feed=sip&end=2026-01-14T15:46:00Z`);
    expect(refused.status).toBe(403);
    expect(message(refused.text)).toBe('subscription does not permit querying recent SIP data');
  });

  it('without an end the consolidated feed stops 15 minutes ago', () => {
    const answer = bars(`${recent}&feed=sip&sort=desc&limit=1`);
    expect(JSON.parse(answer.text)).toMatchObject({ bars: { AAPL: [{ t: '2026-01-14T15:45:00Z' }] } });
  });

  it('without a feed a fresh end is refused too: the default feed is the consolidated one', () => {
    expect(bars(`${recent}&end=2026-01-14T15:59:00Z`).status).toBe(403);
    expect(bars(`${recent}&end=2026-01-14T15:59:00Z&feed=iex`).status).toBe(200);
  });

  it('the consolidated feed and one exchange show different bars of the same minutes', () => {
    const ask = (feed: string) => bars(`${recent}&end=2026-01-14T15:00:00Z&feed=${feed}`).text;
    const volume = (text: string) => (JSON.parse(text) as { bars: { AAPL: [{ v: number }] } }).bars.AAPL[0].v;
    expect(volume(ask('sip'))).toBeGreaterThan(volume(ask('iex')));
  });

  it.each(['boats', 'otc'])('%s shows nothing here', (feed) => {
    const unlimited = converse({ symbols: 5, quiet: 0 }, { plan: 'unlimited' });
    const answer = unlimited.ask(`/v2/stocks/bars?timeframe=1Min&${recent}&feed=${feed}`);
    expect(answer).toMatchObject({ status: 200, text: '{"bars":{},"next_page_token":null}' });
  });

  it('the unlimited plan may ask for everything', () => {
    const unlimited = converse({ symbols: 5, quiet: 0 }, { plan: 'unlimited' });
    const answer = unlimited.ask(`/v2/stocks/bars?timeframe=1Min&${recent}&end=2026-01-14T15:59:00Z`);
    expect(answer.status).toBe(200);
    expect(answer.headers['X-RateLimit-Limit']).toBe('10000');
    expect(unlimited.ask('/v2/stocks/bars/latest?symbols=AAPL&feed=sip').status).toBe(200);
  });

  it('delayed_sip has no history, but a latest bar of 15 minutes ago', () => {
    expect(bars(`${recent}&feed=delayed_sip`).text).toBe('{"message":"invalid feed: delayed_sip"}');
    const latest = simulator.ask('/v2/stocks/bars/latest?symbols=AAPL&feed=delayed_sip');
    expect(JSON.parse(latest.text)).toMatchObject({ bars: { AAPL: { t: '2026-01-14T15:43:00Z' } } });
  });

  it('the latest consolidated bar is refused to the basic plan, with a code', () => {
    const answer = simulator.ask('/v2/stocks/bars/latest?symbols=AAPL&feed=sip');
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text)).toEqual({
      code: 42210000,
      message: 'subscription does not permit querying recent SIP data',
    });
  });
});

describe('keys', () => {
  const locked = converse({ symbols: 5 }, { keys: [{ id: 'PKONE', secret: 'right' }] });
  const latest = '/v2/stocks/bars/latest?symbols=AAPL';

  it('missing or wrong ones get the page of the proxy, always the same', () => {
    const answers = [{}, { ...keys }, { ...keys, 'apca-api-key-id': 'PKONE' }].map((headers) =>
      locked.ask(latest, headers),
    );
    for (const { status, headers, text } of answers) {
      expect(status).toBe(401);
      expect(headers['Content-Type']).toBe('text/html');
      expect(text).toContain('<h1>401 Authorization Required</h1>');
      expect(text).toBe(answers[0]?.text);
    }
  });

  it('right ones are let in, in the service’s headers or as HTTP Basic', () => {
    expect(locked.ask(latest, { 'apca-api-key-id': 'PKONE', 'apca-api-secret-key': 'right' }).status).toBe(
      200,
    );
    expect(locked.ask(latest, { authorization: `Basic ${btoa('PKONE:right')}` }).status).toBe(200);
    expect(locked.ask(latest, { authorization: `Basic ${btoa('PKONE:wrong')}` }).status).toBe(401);
  });

  it('are asked for in other words by the trading host', () => {
    expect(locked.ask('/v2/clock', {}).text).toBe('{"code":40110000,"message":"request is not authorized."}');
  });

  it('are not asked for by crypto', () => {
    expect(locked.ask('/v1beta3/crypto/us/latest/bars?symbols=BTC/USD', {}).status).toBe(200);
  });

  it('may be any that are not empty unless told', () => {
    expect(simulator.ask(latest, { 'apca-api-key-id': 'x', 'apca-api-secret-key': 'y' }).status).toBe(200);
    expect(simulator.ask(latest, { 'apca-api-key-id': 'x', 'apca-api-secret-key': '' }).status).toBe(401);
  });

  it('never reach the log', () => {
    locked.ask(latest, { 'apca-api-key-id': 'PKONE', 'apca-api-secret-key': 'right' });
    expect(JSON.stringify([...locked.handler.log.last])).not.toMatch(/PKONE|right/);
  });
});

const fragments = (
  '/v2/stocks/bars /v2/stocks/AAPL/bars /v2/stocks/snapshots /v2/calendar /v2/assets ? & = % / symbols AAPL null ' +
  'timeframe=1Min timeframe=1Week timeframe=12Month start=0000-01-01 end=9999-12-31 feed=iex limit=10000 sort=desc ' +
  `page_token= ${btoa('AAPL|M|9999999999999999999')} ${btoa('AAPL|D|-1')} ${btoa('A|M|0000-01-01T00:00:00Z')}`
).split(' ');

describe('whatever is asked', () => {
  it('is answered, with JSON or a page, and never ends the simulator', () => {
    const piece = fc.oneof(fc.constantFrom(...fragments), fc.string({ maxLength: 8 }));
    const small = converse({ symbols: 2, hours: 'regular' }, { rateLimit: 'off' });
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), fc.boolean(), (pieces, wellFormed) => {
        const url = wellFormed
          ? `/v2/stocks/bars?symbols=AAPL&feed=iex&timeframe=1Min&${pieces.slice(1).join('&')}`
          : pieces.join('');
        const { status, text, headers } = small.ask(url);
        expect([200, 400, 403, 404]).toContain(status);
        if (headers['Content-Type']?.startsWith('application/json'))
          expect(() => JSON.parse(text)).not.toThrow();
      }),
      { numRuns: 500 },
    );
  });
});

describe('paths and URLs', () => {
  it.each(['/', '/v2/stocks', '/v2/stocks/bars/', '/v1beta3/crypto/mars/bars', '/v2/stocks/%E0%A4%A/bars'])(
    '%s is not found',
    (path) => {
      expect(simulator.ask(path)).toMatchObject({ status: 404, text: 'Not Found' });
    },
  );

  it('longer than a proxy takes are refused by it', () => {
    const answer = simulator.ask(`/v2/stocks/bars?timeframe=1Min&symbols=${'AAPL,'.repeat(1_700)}`);
    expect(answer.status).toBe(414);
    expect(answer.headers['Content-Type']).toBe('text/html');
  });

  it('only GET is understood', () => {
    const response = simulator.handler.handle({ method: 'POST', url: '/v2/clock', headers: keys });
    expect(response).toMatchObject({ kind: 'answer', answer: { status: 405 } });
  });
});
