import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { converse } from './conversation.ts';
import { hasShared, sharedJson } from './shared-material.ts';

const documents = 'alpaca/openapi';

/** A validator of one schema of one of the service's own documents. */
function schemaOf(document: 'market-data-api' | 'trading-api', name: string) {
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addFormat('date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/);
  ajv.addFormat('date', /^\d{4}-\d\d-\d\d$/);
  ajv.addFormat('uuid', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  for (const format of ['double', 'decimal', 'float', 'int32', 'int64', 'uint32', 'uint64'])
    ajv.addFormat(format, true);
  ajv.addSchema(sharedJson(`${documents}/${document}.json`) as object, 'api');
  const validate = ajv.compile({ $ref: `api#/components/schemas/${name}` });
  return (body: unknown) => {
    validate(body);
    return validate.errors ?? [];
  };
}

const window = 'start=2026-01-14T15:00:00Z&end=2026-01-14T15:30:00Z&feed=iex';

describe.skipIf(!hasShared(documents))('bodies against the official OpenAPI documents', () => {
  const simulator = converse({ symbols: 60, hours: 'extended', revised: 0.1 });
  const cases = [
    [
      'market-data-api',
      'stock_bars_resp',
      `/v2/stocks/bars?symbols=AAPL,MSFT,BRK.B&timeframe=1Min&${window}`,
    ],
    [
      'market-data-api',
      'stock_bars_resp',
      `/v2/stocks/bars?symbols=AAPL,MSFT&timeframe=5Min&limit=3&${window}`,
    ],
    [
      'market-data-api',
      'stock_bars_resp',
      '/v2/stocks/bars?symbols=AAPL&timeframe=1Day&start=2025-12-01&feed=iex',
    ],
    ['market-data-api', 'stock_bars_resp_single', `/v2/stocks/AAPL/bars?timeframe=1Hour&limit=2&${window}`],
    ['market-data-api', 'stock_latest_bars_resp', '/v2/stocks/bars/latest?symbols=AAPL,MSFT,NVDA'],
    ['market-data-api', 'stock_latest_bars_resp_single', '/v2/stocks/AAPL/bars/latest'],
    ['market-data-api', 'stock_snapshots_resp', '/v2/stocks/snapshots?symbols=AAPL,MSFT,NVDA'],
    ['market-data-api', 'stock_snapshots_resp_single', '/v2/stocks/AAPL/snapshot'],
    ['market-data-api', 'crypto_bars_resp', '/v1beta3/crypto/us/bars?symbols=BTC/USD,ETH/USD&timeframe=1Min'],
    ['market-data-api', 'crypto_latest_bars_resp', '/v1beta3/crypto/us/latest/bars?symbols=BTC/USD,SHIB/USD'],
    ['trading-api', 'legacy_clock', '/v2/clock'],
    ['trading-api', 'legacy_public_calendar_resp', '/v2/calendar?start=2026-01-01&end=2026-02-01'],
    ['trading-api', 'Assets', '/v2/assets/AAPL'],
  ] as const;

  it.each(cases)('%s %s: %s', (document, schema, url) => {
    const body = simulator.json(url);
    expect(schemaOf(document, schema)(body)).toEqual([]);
    expect(Object.keys(body as object).length).toBeGreaterThan(0);
  });

  it('has every asset of the list as the document says', () => {
    const faults = schemaOf('trading-api', 'Assets');
    const list = simulator.json('/v2/assets') as unknown[];
    expect(list.length).toBeGreaterThan(60);
    expect(list.flatMap((asset) => faults(asset))).toEqual([]);
  });

  it('would notice a bar without its trade count', () => {
    const faults = schemaOf('market-data-api', 'stock_bars_resp');
    const bar = { c: 1, h: 1, l: 1, o: 1, t: '2026-01-14T15:00:00Z', v: 1, vw: 1 };
    expect(faults({ bars: { AAPL: [bar] }, next_page_token: null })).not.toEqual([]);
  });
});
