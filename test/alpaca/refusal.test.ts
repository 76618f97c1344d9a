import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { redact } from '../../src/alpaca/credentials.ts';
import { refusalOf } from '../../src/alpaca/refusal.ts';
import { credentials } from './fake-transport.ts';

const refuse = (status: number, body: string) =>
  refusalOf({ status, headers: {}, body }, (text) => redact(text, credentials));
const said = (status: number, message: string, code?: number) =>
  refuse(status, JSON.stringify(code === undefined ? { message } : { code, message }));

const html401 =
  '<html>\r\n<head><title>401 Authorization Required</title></head>\r\n<body>\r\n<center><h1>401 Authorization Required</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n';

describe('refusalOf', () => {
  it.each([
    ['invalid symbol: ATC.220816', 'ATC.220816'],
    ['code=400, message=invalid symbol: ANG-PD', 'ANG-PD'],
    ['invalid symbol: BRK-B', 'BRK-B'],
    ['invalid symbol: 0029900E0', '0029900E0'],
    ['Invalid symbol(s): BTCUSD does not match ^[A-Z]+/[A-Z]+$', 'BTCUSD'],
  ])('reads the symbol from "%s"', (message, symbol) => {
    expect(said(400, message)).toMatchObject({
      code: 'invalid_symbol',
      symbol,
      status: 400,
      retryable: false,
      message: expect.stringContaining(message),
    });
  });

  it.each([
    'end should not be before start',
    "Invalid format for parameter symbols: query parameter 'symbols' is required",
    'Invalid format for parameter start: error parsing \'x\' as RFC3339 or 2006-01-02 time: parsing time "x"',
    'invalid timeframe: 30Sec',
    'invalid symbol:',
    'symbol is invalid',
  ])('takes "%s" for a refusal that names no symbol', (message) => {
    expect(said(400, message)).toMatchObject({ code: 'bad_request', symbol: undefined, retryable: false });
    expect(said(400, message).message).toContain(message.slice(0, 100));
  });

  it('says which feeds there are when the service does not know one', () => {
    const error = said(400, 'invalid feed: delayed_sip');
    expect(error).toMatchObject({ code: 'usage' });
    expect(error.message).toMatch(/invalid feed: delayed_sip.*iex or sip/);
  });

  it('reads the HTML page of a 401 as refused keys, and says which settings to check', () => {
    for (const body of [html401, '', '{"message":"unauthorized"}']) {
      const error = refuse(401, body);
      expect(error).toMatchObject({ code: 'unauthorized', status: 401, retryable: false });
      expect(error.message).toMatch(/APCA_API_KEY_ID and APCA_API_SECRET_KEY/);
      expect(error.message).not.toMatch(/[<>]|nginx/);
    }
  });

  it.each([
    ['forbidden.', undefined],
    ['request is not authorized.', 40_110_000],
  ])('reads 403 "%s" as refused keys', (message, code) => {
    expect(said(403, message, code)).toMatchObject({ code: 'unauthorized', status: 403, retryable: false });
    expect(refuse(403, '')).toMatchObject({ code: 'unauthorized' });
    expect(refuse(403, '<html><h1>403 Forbidden</h1></html>')).toMatchObject({ code: 'unauthorized' });
  });

  it.each([
    [403, undefined],
    [403, 42_210_000],
    [422, 42_210_000],
  ])('reads a refused subscription (HTTP %i, code %s) as the plan, and says what to do', (status, code) => {
    const error = said(status, 'subscription does not permit querying recent SIP data', code);
    expect(error).toMatchObject({ code: 'forbidden', status, retryable: false });
    expect(error.message).toMatch(/recent SIP data.*--feed iex.*Algo Trader Plus/);
  });

  it('reads 429 as a matter of rate, with or without a body', () => {
    for (const body of ['{"message": "too many requests."}', '', html401])
      expect(refuse(429, body)).toMatchObject({ code: 'rate_limited', status: 429, retryable: true });
  });

  it.each([500, 502, 503, 504, 520, 599])(
    'reads %i as a failure that may pass, whatever the body',
    (status) => {
      for (const body of [
        '',
        '{"message":"internal server error"}',
        '<html><h1>Bad Gateway</h1></html>',
        '{"mess',
      ])
        expect(refuse(status, body)).toMatchObject({ code: 'server_error', status, retryable: true });
      expect(refuse(status, '<html><h1>Bad Gateway</h1></html>').message).toBe(
        `the service failed (HTTP ${status}: Bad Gateway)`,
      );
    },
  );

  it.each([
    [404, 'Not Found', /HTTP 404: Not Found: is the address in APCA_API_DATA_URL/],
    [404, '{"code":40410000,"message":"asset not found for ZZZZQX"}', /asset not found for ZZZZQX/],
    [301, '', /unexpected HTTP 301/],
    [418, '', /unexpected HTTP 418/],
  ])('reads %i "%s" as an answer that it does not expect', (status, body, message) => {
    const error = refuse(status, body);
    expect(error).toMatchObject({ code: 'bad_response', status });
    expect(error.message).toMatch(message);
  });

  it('reads a URL that is too long as a refusal of that request, so that it is asked in parts', () => {
    expect(refuse(414, '<html><h1>414 Request-URI Too Large</h1></html>')).toMatchObject({
      code: 'bad_request',
      retryable: false,
    });
  });

  it('never repeats the keys that a body echoes', () => {
    const echo = `no such key ${credentials.keyId} with ${credentials.secretKey}`;
    for (const status of [400, 401, 403, 404, 422, 429, 500])
      for (const body of [echo, JSON.stringify({ message: echo }), `<p>${echo}</p>`]) {
        const text = JSON.stringify([refuse(status, body), refuse(status, body).message]);
        expect(text).not.toContain(credentials.keyId);
        expect(text).not.toContain(credentials.secretKey);
      }
  });

  it('never repeats half a key, where the quote is cut', () => {
    const body = `${'x'.repeat(193)} ${credentials.secretKey}`;
    expect(refuse(500, body).message).not.toContain(credentials.secretKey.slice(0, 6));
  });

  it('passes on nothing that a terminal would obey', () => {
    const hostile = 'gone\u001B[2J\u0007\r\nfleece: all is well\u009B1m';
    for (const body of [JSON.stringify({ message: hostile }), hostile, `<p>${hostile}</p>`])
      expect(refuse(500, body).message).toMatch(/^[ -~]+$/);
  });

  it('quotes no more than a little of a long body', () => {
    expect(refuse(500, 'y'.repeat(1_000_000)).message.length).toBeLessThan(300);
    expect(said(400, 'z'.repeat(1_000_000)).message.length).toBeLessThan(300);
  });

  it('takes a message that is no text, and JSON that is no object', () => {
    for (const body of ['{"message":{"a":1}}', '{"message":null}', '[]', 'null', '3', '"text"', '{}'])
      expect(refuse(400, body)).toMatchObject({ code: 'bad_request' });
  });
});

describe('redact', () => {
  it('takes every occurrence of both keys out, and leaves the rest', () => {
    expect(
      redact(`a ${credentials.keyId} b ${credentials.secretKey} c ${credentials.keyId}`, credentials),
    ).toBe('a [redacted] b [redacted] c [redacted]');
    expect(redact('nothing here', credentials)).toBe('nothing here');
  });

  it('does not blank a text out for keys that are too short to be any', () => {
    expect(redact('a test text', { keyId: 't', secretKey: '' })).toBe('a test text');
  });
});

const recordings = fileURLToPath(new URL('../../../shared/alpaca/recordings/', import.meta.url));

describe('recorded refusals', () => {
  it.skipIf(!existsSync(recordings)).each([
    ['thesmaw-marketpulse/rest/error-400-bad-timeframe.json', 400, 'bad_request'],
    ['thesmaw-marketpulse/rest/error-400-end-before-start.json', 400, 'bad_request'],
    ['thesmaw-marketpulse/rest/error-400-malformed-date.json', 400, 'bad_request'],
    ['thesmaw-marketpulse/rest/error-400-missing-symbols.json', 400, 'bad_request'],
    ['thesmaw-marketpulse/rest/error-403-recent-window.json', 403, 'forbidden'],
    ['thesmaw-marketpulse/rest/error-429-rate-limited.json', 429, 'rate_limited'],
    ['inaris-fume-trading-chart/error-400-bars.json', 400, 'bad_request'],
    ['inaris-fume-trading-chart/error-404-asset.json', 404, 'bad_response'],
  ])('%s (HTTP %i) is %s', (path, status, code) => {
    const text = readFileSync(recordings + path, 'utf8');
    const parsed = JSON.parse(text) as { body?: unknown; message?: string };
    const body = parsed.body === undefined ? text : JSON.stringify(parsed.body);
    const error = refuse(status, body);
    expect(error.code).toBe(code);
    if (code !== 'rate_limited') expect(error.message).toMatch(/: .+\w/);
  });
});
