import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runHere } from './in-process.ts';
import { keys, type Outcome, run } from './program.ts';

let folder = '';
const at = (name: string) => join(folder, name);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fleece-cli-'));
  writeFileSync(at('empty.txt'), '');
  writeFileSync(at('comments.txt'), '# nothing\n\n');
  writeFileSync(at('binary.txt'), Buffer.from([0, 1, 2, 3, 255]));
  writeFileSync(at('noheader.csv'), 'ticker,name\nAAPL,Apple\n');
  writeFileSync(at('broken.txt.gz'), 'not packed at all');
  writeFileSync(at('long.txt'), `AAPL\n${'A'.repeat(10_000)}\n`);
  writeFileSync(at('bad.yaml'), 'rpm: 10\nfeed: [iex\n');
  writeFileSync(at('unknown.yaml'), 'rpm: 10\n\nbatchsise: 5\n');
  writeFileSync(at('wrong.yaml'), 'lookback: many\n');
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function expectUsage(outcome: Outcome, message: RegExp): void {
  expect(outcome.stderr).toMatch(message);
  expect(outcome).toMatchObject({ code: 2, stdout: '' });
  expect(outcome.stderr).not.toMatch(/^\s+at .*:\d+/m);
  expect(outcome.stderr).not.toMatch(/node_modules|dist\//);
  expect(outcome.stderr.length).toBeLessThan(2_000);
}

describe('fleece without a task', () => {
  it('says its version and how it is used, and is done', async () => {
    expect(await run(['--version'])).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    });
    for (const args of [['--help'], ['help'], ['stream', '--help'], ['plan', '--help']]) {
      const { code, stdout, stderr } = await runHere(args);
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/Usage: fleece/);
    }
  });

  it('refuses a command that there is not', async () => {
    expectUsage(await run(['strem']), /unknown command 'strem'/);
  });

  it('sets the exit code of the process, and prints the message alone', async () => {
    expectUsage(await run(['stream', 'AAPL', '--rpm', '0'], keys), /^fleece: --rpm has to be .*, not "0"\n$/);
    expectUsage(
      await run(['stream', 'AAPL']),
      /^fleece: APCA_API_KEY_ID and APCA_API_SECRET_KEY are not set/,
    );
  });
});

describe('wrong usage ends with 2, a message and no stack trace', () => {
  it.each<[string[], RegExp]>([
    [['stream', '--no-such-flag'], /unknown option '--no-such-flag'/],
    [['stream', 'AAPL', '--rpm'], /--rpm.*argument missing/],
    [['stream', 'AAPL', '--rpm', '0'], /^fleece: --rpm has to be a whole number from 1 to 10000, not "0"\n$/],
    [['stream', 'AAPL', '--rpm', '-5'], /--rpm/],
    [
      ['stream', 'AAPL', '--batch-size', '1001'],
      /--batch-size has to be "auto" or a whole number from 1 to 1000/,
    ],
    [
      ['stream', 'AAPL', '--mode', 'fast'],
      /--mode has to be one of sequential, concurrent, batch, hybrid, not "fast"/,
    ],
    [['stream', 'AAPL', '--feed', 'delayed_sip'], /--feed has to be one of iex, sip/],
    [['stream', 'AAPL', '--concurrency', '0'], /--concurrency has to be a whole number from 1 to 64/],
    [['stream', 'AAPL', '--lookback', '1.5'], /--lookback has to be a whole number/],
    [['stream', 'AAPL', '--minutes', 'x'], /--minutes has to be a whole number/],
    [['stream', 'AAPL', '--settle-minutes', '-1'], /--settle-minutes/],
    [['stream', 'AAPL', '--since', 'yesterday'], /--since has to be an ISO time with its offset/],
    [['stream', 'AAPL', '--output', 'xml'], /--output has to be one of ndjson, pretty/],
    [['stream', 'AAPL', '--universe', 'dow'], /--universe has to be one of assets, sp500/],
    [['plan', 'AAPL', '--round-trip', '0'], /--round-trip has to be a whole number from 1 to 60000, not "0"/],
    [['plan', 'AAPL', '--rpm', 'x'.repeat(10_000)], /not "x{60}\.\.\."/],
  ])('%j', async (args, message) => {
    expectUsage(await runHere(args, keys), message);
  });

  it('for symbols: none, too long, with spaces', async () => {
    for (const command of ['stream', 'plan']) {
      expectUsage(
        await runHere([command], keys),
        /no symbols: name some .*--symbols-file FILE, or --universe/,
      );
      expectUsage(await runHere([command, 'A'.repeat(10_000)], keys), /symbol argument 1.*10000 characters/);
      expectUsage(await runHere([command, 'AA PL'], keys), /symbol argument 1.*space/);
      expectUsage(await runHere([command, ''], keys), /symbol argument 1|no symbols/);
    }
  });

  it('for files of symbols: absent, a directory, empty, no text, no column, not packed, a monster in line 2', async () => {
    for (const [name, message] of [
      ['absent.txt', /absent\.txt.*no such file/],
      ['', /is a directory/],
      ['empty.txt', /empty\.txt.*holds no symbols/],
      ['comments.txt', /comments\.txt.*holds no symbols/],
      ['binary.txt', /binary\.txt.*not a text file/],
      ['noheader.csv', /noheader\.csv.*"symbol"/],
      ['broken.txt.gz', /broken\.txt\.gz/],
      ['long.txt', /long\.txt:2.*10000 characters/],
    ] as const)
      expectUsage(await runHere(['plan', '--symbols-file', at(name)]), message);
  });

  it('for config files: absent, a directory, broken, an unknown name, a wrong value', async () => {
    for (const [name, message] of [
      ['absent.yaml', /--config: cannot read .*absent\.yaml: there is no such file/],
      ['', /--config: cannot read .*: it is a directory/],
      ['bad.yaml', /bad\.yaml:[23]: /],
      ['unknown.yaml', /unknown\.yaml:3: there is no setting "batchsise"; there are .*batchSize/],
      ['wrong.yaml', /wrong\.yaml:1: lookback has to be a whole number from 1 to 240, not "many"/],
    ] as const)
      expectUsage(await runHere(['plan', 'AAPL', '--config', at(name)]), message);
  });

  it('for a store or a certificate that cannot be, before anything is made', async () => {
    const db = at('never.duckdb');
    const nothingMade = () => expect(existsSync(db)).toBe(false);
    expectUsage(
      await runHere(['import', at('absent.csv'), '--db', db]),
      /absent\.csv: there is no such file/,
    );
    expectUsage(
      await runHere(['import', at('binary.txt'), '--db', db]),
      /binary\.txt: the name has to end in \.parquet/,
    );
    nothingMade();
    expectUsage(
      await runHere(['serve', 'AAPL', '--tls', 'one.pem', '--db', db], keys),
      /--tls has to be "auto" or CERT,KEY: two PEM files, not "one\.pem"/,
    );
    expectUsage(
      await runHere(['serve', 'AAPL', '--tls', `${at('absent.pem')},key.pem`, '--db', db], keys),
      /^fleece: --tls: .*absent\.pem cannot be read/,
    );
    expectUsage(
      await runHere(['serve', 'AAPL', '--client-keys-file', at('absent.keys'), '--db', db], keys),
      /^fleece: --client-keys-file: cannot read .*absent\.keys/,
    );
    nothingMade();
  });

  it('for the environment: a wrong clock, a wrong setting, no keys, a key that is none', async () => {
    expectUsage(await runHere(['stream', 'AAPL'], { ...keys, FLEECE_CLOCK: '1/2' }), /FLEECE_CLOCK "1\/2"/);
    expectUsage(
      await runHere(['stream', 'AAPL'], { ...keys, FLEECE_RPM: 'many' }),
      /^fleece: FLEECE_RPM has to be/,
    );
    expectUsage(
      await runHere(['stream', 'AAPL'], { ...keys, USE_BATCH_POLLING: 'maybe' }),
      /USE_BATCH_POLLING has to be true or false/,
    );
    expectUsage(
      await runHere(['stream', 'AAPL'], { ...keys, APCA_API_DATA_URL: 'data.alpaca.markets' }),
      /APCA_API_DATA_URL has to be/,
    );
    expectUsage(
      await runHere(['stream', 'AAPL']),
      /APCA_API_KEY_ID and APCA_API_SECRET_KEY are not set: .*fleece simulate/,
    );
    const bad = await runHere(['stream', 'AAPL'], { ...keys, APCA_API_SECRET_KEY: 'sécret-with-é' });
    expectUsage(bad, /holds a character that no key has/);
    expect(bad.stderr).not.toContain('cret-with');
  });
});
