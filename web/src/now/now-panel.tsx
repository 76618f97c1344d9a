import type { StatusAnswer } from '../../../src/gateway/dashboard/contract.ts';
import { countText, instantText, minuteText, plural, secondsText, spanText } from '../model/time-text.ts';
import { Gauge } from '../ui/gauge.tsx';

/** The scale of the lateness gauge: what is later than this is off it. */
const latestMs = 60_000;

/** What is going on in this minute. */
export function NowPanel({ status }: { readonly status: StatusAnswer }) {
  return (
    <aside class="now" aria-label="Now">
      <Minute status={status} />
      <Budget status={status} />
      <Lateness status={status} />
      <Facts status={status} />
    </aside>
  );
}

function Minute({ status: { progress, market, now } }: { readonly status: StatusAnswer }) {
  if (!progress)
    return (
      <section class="card">
        <h2>This minute</h2>
        <p class="empty">
          {market.session === 'closed' && market.nextChange !== null
            ? `The market is closed. Polling goes on at ${instantText(market.nextChange, now)} ET.`
            : 'The first poll comes when this minute is over.'}
        </p>
      </section>
    );
  const { minute, symbols, asked, bars, batches, batchesDone } = progress;
  const without = Math.max(0, asked - bars);
  return (
    <section class="card">
      <h2>
        Minute {minuteText(minute)} <small>{secondsText(now)} ET now</small>
      </h2>
      <Gauge
        label="Progress of the minute"
        text={`${bars} bars, ${without} asked without a bar, of ${symbols} symbols`}
        most={symbols}
        parts={[
          { name: 'bars', value: bars, look: 'part-main' },
          { name: 'without', value: without, look: 'part-soft' },
        ]}
      />
      <dl class="facts">
        <Fact name="Batches done">
          {countText(batchesDone)} <small>of {countText(batches)}</small>
        </Fact>
        <Fact name="Bars in">{countText(bars)}</Fact>
        <Fact name="No bar so far">{countText(without)}</Fact>
        <Fact name="Still to ask" tone={asked < symbols && batchesDone === 0 ? 'wait' : undefined}>
          {countText(symbols - asked)}
        </Fact>
      </dl>
    </section>
  );
}

function Budget({ status: { budget, breaker } }: { readonly status: StatusAnswer }) {
  const { live, repair, backfill } = budget.byLane;
  return (
    <section class="card">
      <h2>
        Requests <small>in the last 60 s</small>
      </h2>
      <p class="big">
        {countText(budget.used)} <small>of {countText(budget.limit)}</small>
      </p>
      <Gauge
        label="Requests of the last 60 seconds"
        text={`${budget.used} of ${budget.limit}: ${live} live, ${repair} repair, ${backfill} backfill`}
        most={budget.limit}
        parts={[
          { name: 'live', value: live, look: 'part-main' },
          { name: 'repair', value: repair, look: 'part-striped' },
          { name: 'backfill', value: backfill, look: 'part-soft' },
        ]}
      />
      <ul class="lanes">
        <li>
          <i class="swatch part-main" /> live <b>{countText(live)}</b>
        </li>
        <li>
          <i class="swatch part-striped" /> repair <b>{countText(repair)}</b>
        </li>
        <li>
          <i class="swatch part-soft" /> backfill <b>{countText(backfill)}</b>
        </li>
      </ul>
      <dl class="facts">
        <Fact name="Waiting for a turn">{countText(budget.waiting)}</Fact>
        <Fact name="Refused (429)">{countText(budget.refused)}</Fact>
        <Fact name="Breaker" tone={breaker === 'closed' ? undefined : 'bad'}>
          {breaker === 'closed' ? 'closed (well)' : breaker}
        </Fact>
      </dl>
    </section>
  );
}

function Lateness({ status: { lateness, lastPass } }: { readonly status: StatusAnswer }) {
  return (
    <section class="card">
      <h2>
        Lateness <small>of bars, after their minute</small>
      </h2>
      {lateness ? (
        <>
          <Gauge
            label="Lateness"
            text={`half within ${spanText(lateness.p50Ms)}, 99 of 100 within ${spanText(lateness.p99Ms)}`}
            // A square root scale: the first seconds are what differs from day to day.
            most={Math.sqrt(latestMs)}
            parts={[
              { name: 'p50', value: Math.sqrt(lateness.p50Ms), look: 'part-main' },
              {
                name: 'p99',
                value: Math.max(0, Math.sqrt(lateness.p99Ms) - Math.sqrt(lateness.p50Ms)),
                look: 'part-soft',
              },
            ]}
            ticks={[1_000, 5_000, 15_000, 30_000].map(Math.sqrt)}
          />
          <p class="scale" aria-hidden="true">
            {[1, 5, 15, 30].map((seconds) => (
              <span key={seconds} style={{ left: `${100 * Math.sqrt((seconds * 1000) / latestMs)}%` }}>
                {seconds} s
              </span>
            ))}
          </p>
          <dl class="facts">
            <Fact name="p50">{spanText(lateness.p50Ms)}</Fact>
            <Fact name="p99">{spanText(lateness.p99Ms)}</Fact>
            {lastPass && <Fact name="Last pass took">{spanText(lastPass.durationMs)}</Fact>}
          </dl>
        </>
      ) : (
        <p class="empty">No bar has come in yet.</p>
      )}
    </section>
  );
}

const sessionNames = {
  closed: 'closed',
  pre: 'pre-market',
  regular: 'regular hours',
  post: 'after hours',
  always: 'always open',
} as const;

function Facts({ status }: { readonly status: StatusAnswer }) {
  const { market, plan, lastSealed, sealDue, now, clockOffsetMs, store } = status;
  const behind = lastSealed !== null && sealDue !== null ? Math.max(0, sealDue - lastSealed) : 0;
  return (
    <section class="card">
      <h2>State</h2>
      <dl class="facts">
        <Fact name="Last sealed minute" tone={behind > 3 ? 'wait' : undefined}>
          {lastSealed === null ? 'none yet' : instantText(lastSealed * 60_000, now)}
        </Fact>
        <Fact name="Market">{sessionNames[market.session]}</Fact>
        {market.nextChange !== null && (
          <Fact name="Next change">
            {instantText(market.nextChange, now)} <small>in {spanText(market.nextChange - now)}</small>
          </Fact>
        )}
        <Fact name="Feed, mode">
          {status.feed}, {plan.mode}{' '}
          <small>
            {plan.batchSize} × {plan.concurrency}
          </small>
        </Fact>
        <Fact name="Symbols" tone={status.quarantined > 0 ? 'wait' : undefined}>
          {countText(status.symbols)}
          {status.quarantined > 0 ? `, ${countText(status.quarantined)} quarantined` : ''}
        </Fact>
        <Fact name="Open gaps" tone={status.openGapMinutes > 0 ? 'bad' : undefined}>
          {status.openGapMinutes > 0 ? plural(status.openGapMinutes, 'minute') : 'none'}
        </Fact>
        <Fact name="Clients">{countText(status.clients)}</Fact>
        <Fact name="Clock offset">{clockOffsetMs === null ? 'not measured' : spanText(clockOffsetMs)}</Fact>
        <Fact name="Last commit" tone={store.failing ? 'bad' : undefined}>
          {store.failing ? 'failing' : spanText(store.lastMs)}
        </Fact>
        <Fact name="Running for">{spanText(now - status.startedAt)}</Fact>
      </dl>
    </section>
  );
}

interface FactProps {
  readonly name: string;
  readonly tone?: 'wait' | 'bad' | undefined;
  readonly children: preact.ComponentChildren;
}

function Fact({ name, tone, children }: FactProps) {
  return (
    <div class={tone === undefined ? '' : `tone-${tone}`}>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
