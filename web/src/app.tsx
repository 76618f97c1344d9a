import { useEffect } from 'preact/hooks';
import { CoverageView } from './coverage/coverage-view.tsx';
import { hashOf, usePlace, type View } from './model/route.ts';
import { useTheme } from './model/theme.ts';
import { dateText, spanText } from './model/time-text.ts';
import { type DaemonView, useDaemon } from './model/use-daemon.ts';
import { useCoverage } from './model/use-coverage.ts';
import { judge } from './model/verdict.ts';
import { NowPanel } from './now/now-panel.tsx';
import { PlanView } from './plan/plan-view.tsx';
import { SymbolView } from './symbol/symbol-view.tsx';
import { TroubleView } from './trouble/trouble-view.tsx';

const viewNames: Readonly<Record<View, string>> = {
  now: 'Now',
  coverage: 'Coverage',
  symbol: 'Symbol',
  trouble: 'Gaps',
  plan: 'Plan',
};

export function App() {
  const [theme, toggleTheme] = useTheme();
  const place = usePlace();
  const service = useDaemon();
  const coverage = useCoverage();
  const { status, isStale } = service;
  const isToday = status && coverage.map?.header.date === dateText(status.now);
  const verdict = judge(status, isToday ? coverage.map?.totals() : undefined, isStale);
  const troubles = (status?.quarantined ?? 0) + (status?.openGapMinutes ?? 0);
  useEffect(() => {
    document.title = `${verdict.word}: is my data right? Fleece`;
  }, [verdict.word]);
  return (
    <div class="page">
      <header class="top">
        <div class={`verdict verdict-${verdict.tone}`} role="status">
          <span class="question">Is my data right?</span>
          <strong>{verdict.word}</strong>
          <span class="reason">{verdict.reason}.</span>
        </div>
        <Connection service={service} />
        <button
          type="button"
          class="quiet-button"
          aria-label={theme === 'dark' ? 'Light colours' : 'Dark colours'}
          onClick={toggleTheme}
        >
          {theme === 'dark' ? '☀' : '☾'}
        </button>
      </header>
      <div class={`body view-${place.view} ${isStale ? 'is-stale' : ''}`}>
        {status ? (
          <NowPanel status={status} />
        ) : (
          <aside class="now" aria-label="Now">
            <p class="card empty">{service.problem ?? 'Connecting…'}</p>
          </aside>
        )}
        <div class="main">
          <nav aria-label="Views">
            {(Object.keys(viewNames) as View[]).map((view) => (
              <a
                key={view}
                // On a wide screen what is going on now is always beside the view.
                class={view === 'now' ? 'narrow-only' : ''}
                href={hashOf(view, view === 'symbol' ? place.symbol : undefined)}
                aria-current={place.view === view ? 'page' : undefined}
              >
                {viewNames[view]}
                {view === 'trouble' && troubles > 0 && <b class="badge">{troubles}</b>}
              </a>
            ))}
          </nav>
          <main>
            {(place.view === 'coverage' || place.view === 'now') && (
              <CoverageView coverage={coverage} now={status?.now} theme={theme} />
            )}
            {place.view === 'symbol' && (
              <SymbolView symbol={place.symbol} service={service} coverage={coverage} theme={theme} />
            )}
            {place.view === 'trouble' && <TroubleView status={status} />}
            {place.view === 'plan' && <PlanView status={status} symbols={coverage.map?.symbols} />}
          </main>
        </div>
      </div>
    </div>
  );
}

/** Whether the page hears from the daemon, and how old what it shows is. */
function Connection({ service: { answeredAt, problem, stream } }: { readonly service: DaemonView }) {
  if (problem !== undefined) {
    const age = answeredAt === undefined ? undefined : performance.now() - answeredAt;
    return (
      <span class="connection tone-bad" role="status">
        {problem}; trying again. {age === undefined ? '' : `What you see is ${spanText(age)} old.`}
      </span>
    );
  }
  const words = {
    live: 'live',
    connecting: 'connecting the stream',
    waiting: 'stream lost, connecting again',
    refused: 'without the stream: asking once a second',
  } as const;
  return (
    <span class="connection" role="status">
      <i class={`dot ${stream === 'live' ? 'is-live' : ''}`} aria-hidden="true" /> {words[stream]}
    </span>
  );
}
