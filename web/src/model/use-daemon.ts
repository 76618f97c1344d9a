import { useEffect, useRef, useState } from 'preact/hooks';
import type { StatusAnswer } from '../../../src/gateway/dashboard/contract.ts';
import { daemon } from '../api/daemon.ts';
import { LiveStream, type StreamBar, type StreamState } from '../api/live-stream.ts';

const statusEveryMs = 1_000;
/** Without an answer for this long, what is shown counts as old. */
const staleAfterMs = 5_000;

export interface DaemonView {
  readonly status: StatusAnswer | undefined;
  /** The page's clock at the last answer. */
  readonly answeredAt: number | undefined;
  readonly isStale: boolean;
  readonly problem: string | undefined;
  readonly stream: StreamState;
  /** Grows with each seal, gap and heal. */
  readonly news: number;
  readonly live: LiveStream;
  /** Called with each bar of the symbol that is followed. */
  readonly onBar: (listener: (bar: StreamBar) => void) => () => void;
  refresh(): void;
}

/** The daemon's status, once a second, and its stream. Both come back by themselves after an outage. */
export function useDaemon(): DaemonView {
  const [status, setStatus] = useState<StatusAnswer>();
  const [answeredAt, setAnsweredAt] = useState<number>();
  const [problem, setProblem] = useState<string>();
  const [stream, setStream] = useState<StreamState>('connecting');
  const [news, setNews] = useState(0);
  const [, tick] = useState(0);
  const listeners = useRef(new Set<(bar: StreamBar) => void>());
  const live = useRef<LiveStream>(undefined);
  live.current ??= new LiveStream({
    bar: (bar) => {
      for (const listener of listeners.current) listener(bar);
    },
    news: () => setNews((count) => count + 1),
    state: setStream,
  });
  const poll = useRef<() => void>(() => undefined);
  useEffect(() => {
    let timer: number | undefined;
    let isGone = false;
    const run = async () => {
      window.clearTimeout(timer);
      try {
        const answer = await daemon.status();
        if (isGone) return;
        setStatus(answer);
        setAnsweredAt(performance.now());
        setProblem(undefined);
        live.current?.use(answer.feed);
      } catch (error) {
        if (isGone) return;
        setProblem(error instanceof Error ? error.message : 'unknown');
        tick((count) => count + 1);
      }
      window.clearTimeout(timer);
      timer = window.setTimeout(() => void run(), statusEveryMs);
    };
    poll.current = () => void run();
    void run();
    return () => {
      isGone = true;
      window.clearTimeout(timer);
      live.current?.close();
    };
  }, []);
  const age = answeredAt === undefined ? undefined : performance.now() - answeredAt;
  return {
    status,
    answeredAt,
    isStale: problem !== undefined && (age === undefined || age > staleAfterMs),
    problem,
    stream,
    news,
    live: live.current,
    onBar: (listener) => {
      listeners.current.add(listener);
      return () => listeners.current.delete(listener);
    },
    refresh: () => poll.current(),
  };
}
