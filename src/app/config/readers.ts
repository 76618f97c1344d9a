/** Reads a setting's text, or throws a FaultyText that says what would be right. */
export type Reader<T> = (text: string) => T;

/** Why a text is not a value: the end of the sentence that starts with the setting's name. */
export class FaultyText extends Error {}

export function wholeNumber(least: number, most: number): Reader<number> {
  return (text) => {
    const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new FaultyText(`has to be a whole number from ${least} to ${most}`);
  };
}

export function decimal(least: number, most: number): Reader<number> {
  return (text) => {
    const value = /^[+-]?\d{1,15}(\.\d{1,9})?$/.test(text) ? Number(text) : Number.NaN;
    if (value >= least && value <= most) return value;
    throw new FaultyText(`has to be a number from ${least} to ${most}`);
  };
}

export function oneOf<const T extends string>(choices: readonly T[]): Reader<T> {
  return (text) => {
    const choice = choices.find((candidate) => candidate === text);
    if (choice !== undefined) return choice;
    throw new FaultyText(`has to be one of ${choices.join(', ')}`);
  };
}

/** A whole number, or the word `auto`. */
export function numberOrAuto(least: number, most: number): Reader<number | 'auto'> {
  const number = wholeNumber(least, most);
  return (text) => {
    if (text === 'auto') return 'auto';
    try {
      return number(text);
    } catch {
      throw new FaultyText(`has to be "auto" or a whole number from ${least} to ${most}`);
    }
  };
}

/** The word `auto`, or two files: a certificate chain and its key. */
export const autoOrPair: Reader<'auto' | { readonly cert: string; readonly key: string }> = (text) => {
  if (text === 'auto') return 'auto';
  const [cert, key, ...rest] = text.split(',');
  if (cert && key && rest.length === 0) return { cert, key };
  throw new FaultyText('has to be "auto" or CERT,KEY: two PEM files');
};

export const flag: Reader<boolean> = (text) => {
  if (/^(true|1|yes|on)$/i.test(text)) return true;
  if (/^(false|0|no|off)$/i.test(text)) return false;
  throw new FaultyText('has to be true or false');
};

export const words: Reader<string> = (text) => {
  if (text.trim() !== '') return text;
  throw new FaultyText('must not be empty');
};

/** An instant: ISO 8601 with its offset, or a date alone, which is its midnight in UTC. */
export const instant: Reader<number> = (text) => {
  const form = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2}))?$/;
  const value = form.test(text) && isDay(text.slice(0, 10)) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(value)) return value;
  throw new FaultyText('has to be an ISO time with its offset, for example 2026-01-14T14:30:00Z');
};

/** False for 2026-02-30, which `Date.parse` takes for a day in March. */
function isDay(date: string): boolean {
  const midnight = Date.parse(date);
  return !Number.isNaN(midnight) && new Date(midnight).toISOString().startsWith(date);
}

/** The root of a server: `https://host`, `http://host:port`; a closing slash is dropped. */
export const baseUrl: Reader<string> = (text) => {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new FaultyText('has to be a URL such as https://data.alpaca.markets');
  }
  const isPlain = (url.protocol === 'https:' || url.protocol === 'http:') && !url.search && !url.hash;
  if (!isPlain) throw new FaultyText('has to be an http:// or https:// URL without a query');
  if (url.username || url.password) throw new FaultyText('must not hold a user name or a password');
  return text.replace(/\/+$/, '').replace(/\/v[12]$/, '');
};
