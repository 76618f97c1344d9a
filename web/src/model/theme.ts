import { useEffect, useState } from 'preact/hooks';

export type Theme = 'light' | 'dark';

const key = 'fleece-theme';
const darkWanted = window.matchMedia('(prefers-color-scheme: dark)');

/** The reader's choice, else the system's wish. */
export function useTheme(): readonly [Theme, () => void] {
  const [chosen, setChosen] = useState<string | null>(() => localStorage.getItem(key));
  const [system, setSystem] = useState<Theme>(darkWanted.matches ? 'dark' : 'light');
  useEffect(() => {
    const onChange = () => setSystem(darkWanted.matches ? 'dark' : 'light');
    darkWanted.addEventListener('change', onChange);
    return () => darkWanted.removeEventListener('change', onChange);
  }, []);
  const theme: Theme = chosen === 'light' || chosen === 'dark' ? chosen : system;
  document.documentElement.dataset['theme'] = theme;
  const toggle = () => {
    const next = theme === 'dark' ? 'light' : 'dark';
    localStorage.setItem(key, next);
    setChosen(next);
  };
  return [theme, toggle];
}

/** A colour of the present theme, as the style sheet names it. */
export const colour = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
