import { describe, expect, it } from 'vitest';
import { type Layer, parseConfigFile } from '../../src/app/config/config-file.ts';
import { readCredentials } from '../../src/app/config/environment.ts';
import { environmentLayer, flagLayer, resolveSettings } from '../../src/app/config/resolve.ts';
import { settings } from '../../src/app/config/settings.ts';
import { isFleeceError } from '../../src/errors.ts';

const file = (text: string) => parseConfigFile(text, 'fleece.yaml');
const resolve = (flags: Record<string, unknown>, env: Record<string, string>, text = '') =>
  resolveSettings([flagLayer(flags), environmentLayer(env), file(text)]);

/** The message of the usage error that `run` throws. */
function usage(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isFleeceError(error) && error.code === 'usage') return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('layers of settings', () => {
  it('have defaults for what nobody gives', () => {
    expect(resolve({}, {})).toMatchObject({
      feed: 'iex',
      mode: 'hybrid',
      batchSize: undefined,
      concurrency: undefined,
      rpm: 180,
      lookback: 5,
      settle: 1.5,
      settleMinutes: 2,
      minutes: undefined,
      useBatchPolling: true,
      dataUrl: 'https://data.alpaca.markets',
    });
  });

  it('let flags win over the environment, and that over the file', () => {
    const text = 'rpm: 10\nlookback: 7\nfeed: sip';
    expect(resolve({ rpm: '30' }, { FLEECE_RPM: '20', FLEECE_LOOKBACK: '8' }, text)).toMatchObject({
      rpm: 30,
      lookback: 8,
      feed: 'sip',
    });
  });

  it('take an empty variable for none', () => {
    expect(resolve({}, { FLEECE_RPM: '' }, 'rpm: 10').rpm).toBe(10);
  });

  it('do not read a value that a higher layer replaces', () => {
    expect(resolve({ rpm: '30' }, { FLEECE_RPM: 'nonsense' }).rpm).toBe(30);
  });

  it('name the place of a wrong value, what was given and what would be right', () => {
    expect(usage(() => resolve({ rpm: '0' }, {}))).toBe(
      '--rpm has to be a whole number from 1 to 10000, not "0"',
    );
    expect(usage(() => resolve({}, { FLEECE_FEED: 'delayed_sip' }))).toBe(
      'FLEECE_FEED has to be one of iex, sip, boats, otc, not "delayed_sip"',
    );
    expect(usage(() => resolve({}, {}, '\n\nlookback: many'))).toBe(
      'fleece.yaml:3: lookback has to be a whole number from 1 to 240, not "many"',
    );
    expect(usage(() => resolve({ batchSize: 'x'.repeat(10_000) }, {}))).toMatch(
      /^--batch-size has to be "auto" or a whole number from 1 to 1000, not "x{60}\.\.\."$/,
    );
  });

  it('give every setting a variable of its own, and a value of that reaches it', () => {
    const variables = Object.values(settings).map(({ env }) => env);
    expect(new Set(variables).size).toBe(variables.length);
    for (const [name, setting] of Object.entries(settings)) {
      const layer = environmentLayer({ [setting.env]: 'some text' });
      expect(layer).toEqual({ [name]: { text: 'some text', where: setting.env } });
    }
  });
});

describe('USE_BATCH_POLLING', () => {
  const off = { USE_BATCH_POLLING: 'false' };

  it('off means one symbol a request', () => {
    expect(resolve({}, off)).toMatchObject({
      mode: 'concurrent',
      batchSize: undefined,
      useBatchPolling: false,
    });
  });

  it('off overrules mode and batch size of its own and of lower layers', () => {
    expect(resolve({}, { ...off, FLEECE_MODE: 'batch', FLEECE_BATCH_SIZE: '50' })).toMatchObject({
      mode: 'concurrent',
      batchSize: undefined,
    });
    expect(resolve({}, off, 'mode: hybrid\nbatchSize: 100')).toMatchObject({
      mode: 'concurrent',
      batchSize: undefined,
    });
  });

  it('off is overruled by a flag', () => {
    expect(resolve({ mode: 'hybrid' }, off)).toMatchObject({ mode: 'hybrid' });
    expect(resolve({ mode: 'sequential' }, off)).toMatchObject({ mode: 'sequential' });
  });

  it('on in a higher layer stands above off in a lower one', () => {
    expect(resolve({}, { USE_BATCH_POLLING: 'true' }, 'use_batch_polling: false\nmode: batch').mode).toBe(
      'batch',
    );
  });

  it('on changes nothing', () => {
    expect(resolve({}, { USE_BATCH_POLLING: 'true', FLEECE_MODE: 'batch' }).mode).toBe('batch');
  });

  it('refuses nonsense by its name', () => {
    expect(usage(() => resolve({}, { USE_BATCH_POLLING: 'maybe' }))).toBe(
      'USE_BATCH_POLLING has to be true or false, not "maybe"',
    );
  });

  it('reads other settings of the layer that switches it off', () => {
    expect(resolve({}, { ...off, FLEECE_RPM: '60', FLEECE_CONCURRENCY: '3' })).toMatchObject({
      rpm: 60,
      concurrency: 3,
    });
  });
});

describe('parseConfigFile', () => {
  it('reads YAML and JSON, and names in any spelling', () => {
    const expected: Layer = {
      batchSize: { text: '50', where: expect.stringMatching(/^fleece\.yaml:1: /) as string },
    };
    for (const text of [
      'batchSize: 50',
      'batch-size: 50',
      'batch_size: 50',
      '"BATCHSIZE": 50',
      '{"batchSize": 50}',
    ])
      expect(file(text)).toEqual(expected);
  });

  it('takes values as they are written, so that tickers stay tickers', () => {
    expect(file('symbols: [ON, NO, YES, TRUE, 0700, 1e3, NULL]').symbols?.text).toBe(
      'ON,NO,YES,TRUE,0700,1e3,NULL',
    );
    expect(file('symbols: "AAPL,MSFT"').symbols?.text).toBe('AAPL,MSFT');
    expect(file("symbols: 'AAPL'").symbols?.text).toBe('AAPL');
    expect(file('symbols:\n  - AAPL\n  - BRK.B\n').symbols?.text).toBe('AAPL,BRK.B');
  });

  it.each(['', '\n\n', '# only a comment\n', '---\n'])('takes %j for a file without settings', (text) => {
    expect(file(text)).toEqual({});
  });

  it('names the line of a fault in the YAML', () => {
    expect(usage(() => file('rpm: 10\nfeed: [iex\n'))).toMatch(/^fleece\.yaml:[23]: .+/);
    expect(usage(() => file('rpm: 10\n\trpm: 20\n'))).toMatch(/^fleece\.yaml:2: .+/);
    expect(usage(() => file('rpm: 10\nrpm: 20\n'))).toMatch(/^fleece\.yaml:2: .*unique/i);
    expect(usage(() => file('rpm: "10\n'))).not.toContain('\n');
  });

  it('names an unknown setting, its line, and those that there are', () => {
    expect(usage(() => file('rpm: 10\n\nbatchsise: 5\n'))).toMatch(
      /^fleece\.yaml:3: there is no setting "batchsise"; there are .*\bbatchSize\b.*\brpm\b/,
    );
    for (const key of ['__proto__', 'constructor', 'toString'])
      expect(usage(() => file(`${key}: 1`))).toMatch(/there is no setting/);
  });

  it.each(['just a text', '- a\n- list', '42'])('refuses a file that is no mapping: %j', (text) => {
    expect(usage(() => file(text))).toBe('fleece.yaml: has to be a mapping from settings to values');
  });

  it.each(['rpm:', 'rpm: null', 'rpm: {a: 1}', 'rpm: [[1]]', 'symbols: [{a: 1}]'])(
    'refuses the value of %j',
    (text) => {
      expect(usage(() => resolveSettings([file(text)]))).toMatch(/^fleece\.yaml:1: (rpm|symbols) has to be /);
    },
  );

  it('does not unfold aliases, however they are nested', () => {
    const bomb = `symbols: &a [x]\nfeed: [*a, *a]`;
    expect(usage(() => file(bomb))).toMatch(/^fleece\.yaml:2: feed has to be/);
  });
});

describe('readCredentials', () => {
  it('reads both keys, without the spaces of a paste', () => {
    expect(readCredentials({ APCA_API_KEY_ID: ' PK1 ', APCA_API_SECRET_KEY: 's3cret\n' })).toEqual({
      keyId: 'PK1',
      secretKey: 's3cret',
    });
  });

  it('says which key is missing and how to go on', () => {
    expect(usage(() => readCredentials({}))).toMatch(
      /^APCA_API_KEY_ID and APCA_API_SECRET_KEY are not set: .*alpaca\.markets.*fleece simulate/,
    );
    expect(usage(() => readCredentials({ APCA_API_KEY_ID: 'PK1' }))).toMatch(
      /^APCA_API_SECRET_KEY is not set/,
    );
    expect(usage(() => readCredentials({ APCA_API_KEY_ID: ' ', APCA_API_SECRET_KEY: 'x' }))).toMatch(
      /^APCA_API_KEY_ID is not set/,
    );
  });

  it('refuses a key that no header can hold, without repeating it', () => {
    for (const secret of ['sec ret', 'secrét', 'sec\r\nret: x', 'sec\u0000ret']) {
      const message = usage(() => readCredentials({ APCA_API_KEY_ID: 'PK1', APCA_API_SECRET_KEY: secret }));
      expect(message).toMatch(/holds a character that no key has/);
      expect(message).not.toContain('sec');
    }
  });
});
