import { useEffect, useRef, useState } from 'preact/hooks';
import { daemon, DaemonError } from '../api/daemon.ts';
import { CoverageMap } from './coverage-map.ts';

const everyMs = 2_000;

export interface CoverageView {
  readonly map: CoverageMap | undefined;
  /** Grows whenever the map has changed. */
  readonly revision: number;
  readonly problem: string | undefined;
  readonly date: string | undefined;
  /** Another day, or the present one when undefined. */
  show(date: string | undefined): void;
}

/** The coverage of a day: all of it once, then the columns that change. */
export function useCoverage(): CoverageView {
  const [date, setDate] = useState<string>();
  const [revision, setRevision] = useState(0);
  const [problem, setProblem] = useState<string>();
  const map = useRef<CoverageMap>(undefined);
  useEffect(() => {
    let isGone = false;
    let timer: number | undefined;
    map.current = undefined;
    setRevision((count) => count + 1);
    const run = async () => {
      try {
        const reply = await daemon.coverage(date, map.current?.header.cursor);
        if (isGone) return;
        if (reply.header.columns === null || !map.current) map.current = new CoverageMap(reply);
        else if (reply.header.columns.length > 0) map.current.apply(reply);
        setProblem(undefined);
        setRevision((count) => count + 1);
      } catch (error) {
        if (isGone) return;
        setProblem(error instanceof DaemonError ? error.message : 'the coverage could not be read');
      }
      timer = window.setTimeout(() => void run(), everyMs);
    };
    void run();
    return () => {
      isGone = true;
      window.clearTimeout(timer);
    };
  }, [date]);
  return { map: map.current, revision, problem, date, show: setDate };
}
