import { useMemo, useState } from 'preact/hooks';
import type { StatusAnswer } from '../../../src/gateway/dashboard/contract.ts';
import { largestBatch, matrix, matrixRow } from '../../../src/plan/matrix.ts';
import { type Mode, modes, modeShapes } from '../../../src/plan/modes.ts';
import { makePlan, type Plan } from '../../../src/plan/plan.ts';
import { countText, plural } from '../model/time-text.ts';
import { Gauge } from '../ui/gauge.tsx';
import { ModeForm } from './mode-form.tsx';

/** The calculator's limits: what would be typed by mistake only. */
const mostSymbols = 20_000;

export interface PlanViewProps {
  readonly status: StatusAnswer | undefined;
  readonly symbols: readonly string[] | undefined;
}

/** What polling costs: for any universe, for the present one, and the switch to another way. */
export function PlanView({ status, symbols }: PlanViewProps) {
  return (
    <div class="stack">
      {status && <ModeForm status={status} />}
      <Calculator status={status} symbols={symbols} />
      <Matrix status={status} />
    </div>
  );
}

interface Inputs {
  readonly symbols: number;
  readonly mode: Mode;
  readonly batchSize: number | undefined;
  readonly concurrency: number | undefined;
  readonly rpm: number;
  readonly roundTripMs: number;
}

function Calculator({ status, symbols }: PlanViewProps) {
  const [changes, setChanges] = useState<Partial<Inputs>>({});
  const present: Inputs = {
    symbols: status?.symbols ?? 500,
    mode: modes.find((mode) => mode === status?.plan.mode) ?? 'hybrid',
    batchSize: undefined,
    concurrency: undefined,
    rpm: status?.plan.budgetPerMinute ?? 180,
    roundTripMs: 150,
  };
  const inputs = { ...present, ...changes };
  const change = (more: Partial<Inputs>) => setChanges({ ...changes, ...more });
  const plan = useMemo(
    () => planOf(inputs, symbols),
    [
      inputs.symbols,
      inputs.mode,
      inputs.batchSize,
      inputs.concurrency,
      inputs.rpm,
      inputs.roundTripMs,
      symbols,
    ],
  );
  const shape = modeShapes[inputs.mode];
  return (
    <section class="card" aria-label="Calculator">
      <h2>
        Calculator <small>the same arithmetic that the daemon plans with</small>
      </h2>
      <div class="form">
        <NumberField
          label="Symbols"
          value={inputs.symbols}
          least={1}
          most={mostSymbols}
          onChange={(value) => change({ symbols: value })}
        />
        <label class="field">
          <span>Mode</span>
          <select
            value={inputs.mode}
            onChange={(event) =>
              change({
                mode: event.currentTarget.value as Mode,
                batchSize: undefined,
                concurrency: undefined,
              })
            }
          >
            {modes.map((mode) => (
              <option key={mode}>{mode}</option>
            ))}
          </select>
        </label>
        <NumberField
          label="Symbols a request"
          value={inputs.batchSize ?? plan.batchSize}
          least={1}
          most={largestBatch}
          onChange={(value) => change({ batchSize: value })}
        />
        <NumberField
          label="In flight"
          value={inputs.concurrency ?? plan.concurrency}
          least={1}
          most={64}
          onChange={(value) => change({ concurrency: value })}
        />
        <NumberField
          label="Requests a minute"
          value={inputs.rpm}
          least={1}
          most={10_000}
          onChange={(value) => change({ rpm: value })}
        />
        <NumberField
          label="Round trip, ms"
          value={inputs.roundTripMs}
          least={1}
          most={60_000}
          onChange={(value) => change({ roundTripMs: value })}
        />
        <button type="button" onClick={() => setChanges({})} disabled={Object.keys(changes).length === 0}>
          As it is now
        </button>
      </div>
      <div class="results">
        <Result name="requests a minute" value={countText(plan.requestsPerMinute)} />
        <Result
          name="seconds a cycle"
          value={plan.secondsPerCycle.toFixed(plan.secondsPerCycle < 10 ? 1 : 0)}
        />
        <Result name="of the budget" value={`${Math.round(plan.budgetShare * 100)} %`} />
        <Result
          name={plan.fits ? 'each symbol, each minute' : 'minutes between two looks at a symbol'}
          value={String(plan.cadenceMinutes)}
          isBad={!plan.fits}
        />
      </div>
      <Gauge
        label="Share of the budget"
        text={`${plan.requestsPerMinute} of ${plan.budgetPerMinute} requests a minute, up to ${plan.secondPassRequests} more for a second look`}
        most={plan.budgetPerMinute}
        parts={[
          { name: 'first', value: plan.requestsPerMinute, look: 'part-main' },
          { name: 'second', value: plan.secondPassRequests, look: 'part-soft' },
        ]}
      />
      <p class="dim">
        {plural(plan.batches, 'request')} of up to {plural(plan.batchSize, 'symbol')}, {plan.concurrency} at a
        time
        {shape.batchSize === 'auto' && inputs.batchSize === undefined ? ', sized by the universe' : ''}. The
        lighter part is what a second look at late symbols may take.
      </p>
      {plan.warnings.map((warning) => (
        <p key={warning} class="warning">
          {warning}
        </p>
      ))}
    </section>
  );
}

function planOf(inputs: Inputs, known: readonly string[] | undefined): Plan {
  const { symbols: count, mode, batchSize, concurrency, rpm, roundTripMs } = inputs;
  // The lengths of the real names count; made-up ones have four letters, as most have.
  const symbols =
    known?.length === count ? known : Array.from({ length: count }, (_, at) => known?.[at] ?? nameOf(at));
  return makePlan({ symbols, mode, batchSize, concurrency, requestsPerMinute: rpm, roundTripMs });
}

const nameOf = (at: number): string =>
  String.fromCharCode(...[17576, 676, 26, 1].map((unit) => 65 + (Math.floor(at / unit) % 26)));

function Matrix({ status }: { readonly status: StatusAnswer | undefined }) {
  const rpm = status?.plan.budgetPerMinute ?? 180;
  const present = status?.symbols;
  const rows = [...matrix, ...(present === undefined ? [] : [matrixRow(present)])];
  const most = Math.max(rpm, 1);
  return (
    <section class="card" aria-label="Matrix">
      <h2>
        Matrix{' '}
        <small>recommended shapes, at {countText(rpm)} requests a minute and a round trip of 150 ms</small>
      </h2>
      <div class="table-scroll">
        <table class="numbers">
          <thead>
            <tr>
              <th scope="col">Symbols</th>
              <th scope="col">A request</th>
              <th scope="col">In flight</th>
              <th scope="col">Requests a minute</th>
              <th scope="col">Seconds a cycle</th>
              <th scope="col" class="wide">
                Share of the budget
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => {
              const isPresent = at === matrix.length;
              const symbols = isPresent ? (present ?? 0) : row.symbols;
              const { batchSize, concurrency } = row;
              const plan = planOf(
                {
                  symbols,
                  mode: 'hybrid',
                  batchSize: isPresent ? undefined : batchSize,
                  concurrency,
                  rpm,
                  roundTripMs: 150,
                },
                undefined,
              );
              return (
                <tr key={at} class={isPresent ? 'is-served' : ''}>
                  <td>{isPresent ? `now: ${countText(symbols)}` : countText(symbols)}</td>
                  <td>{plan.batchSize}</td>
                  <td>{plan.concurrency}</td>
                  <td>{countText(plan.requestsPerMinute)}</td>
                  <td>{plan.secondsPerCycle.toFixed(1)}</td>
                  <td class="wide">
                    <span class="inline-gauge">
                      <Gauge
                        label={`Share of the budget, ${symbols} symbols`}
                        text={`${Math.round(plan.budgetShare * 100)} %`}
                        most={most}
                        parts={[{ name: 'share', value: plan.requestsPerMinute, look: 'part-main' }]}
                      />
                      <span>{Math.round(plan.budgetShare * 100)} %</span>
                    </span>
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Result({
  name,
  value,
  isBad,
}: {
  readonly name: string;
  readonly value: string;
  readonly isBad?: boolean;
}) {
  return (
    <div class={isBad ? 'tone-bad' : ''}>
      <b>{value}</b>
      <span>{name}</span>
    </div>
  );
}

interface NumberFieldProps {
  readonly label: string;
  readonly value: number;
  readonly least: number;
  readonly most: number;
  readonly onChange: (value: number) => void;
}

function NumberField({ label, value, least, most, onChange }: NumberFieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      <input
        type="number"
        min={least}
        max={most}
        value={value}
        onInput={(event) => {
          const typed = event.currentTarget.valueAsNumber;
          if (Number.isInteger(typed) && typed >= least && typed <= most) onChange(typed);
        }}
      />
    </label>
  );
}
