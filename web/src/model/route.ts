import { useEffect, useState } from 'preact/hooks';

export const views = ['now', 'coverage', 'symbol', 'trouble', 'plan'] as const;
export type View = (typeof views)[number];

export interface Place {
  readonly view: View;
  /** The symbol of its page. */
  readonly symbol: string | undefined;
}

function read(): Place {
  const [name, rest] = location.hash.replace(/^#\/?/, '').split(/\/(.*)/s);
  const view = views.find((candidate) => candidate === name) ?? 'coverage';
  let symbol: string | undefined;
  try {
    symbol = rest ? decodeURIComponent(rest) : undefined;
  } catch {
    symbol = undefined;
  }
  return { view, symbol };
}

export const hashOf = (view: View, symbol?: string): string =>
  symbol === undefined ? `#/${view}` : `#/${view}/${encodeURIComponent(symbol)}`;

/** Where the reader is, kept in the address so that it can be shared and gone back from. */
export function usePlace(): Place {
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const onChange = () => setPlace(read());
    window.addEventListener('hashchange', onChange);
    return () => window.removeEventListener('hashchange', onChange);
  }, []);
  return place;
}
