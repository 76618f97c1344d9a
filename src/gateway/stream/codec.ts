import { encode as encodeMsgpack } from '@msgpack/msgpack';
import type { StreamItem } from '../../fanout/stream-item.ts';
import { streamBarJson } from '../../market/bar.ts';
import { startOf } from '../../time/minute.ts';

/** A message that is not a bar. Times in it are Dates: text in JSON, the timestamp extension in msgpack. */
export type ControlMessage = Readonly<Record<string, unknown>> & { readonly T: string };

/** How one client reads and writes. Every frame is an array. */
export interface Codec {
  readonly name: 'json' | 'msgpack';
  /** Whether its frames are binary frames. */
  readonly binary: boolean;
  /** A control message, alone in an array of one. */
  control(message: ControlMessage): Buffer;
  /** Encode each bar once, for any number of frames. */
  bars(items: readonly StreamItem[]): BarFrames;
}

/** Bars that are encoded already. */
export interface BarFrames {
  /** One frame of the bars at `places` from place `from` to before `to`; of all bars when `places` is `all`. */
  frame(places: 'all' | readonly number[], from: number, to: number): Buffer;
}

export const jsonCodec: Codec = {
  name: 'json',
  binary: false,
  control: (message) => Buffer.from(JSON.stringify([message], isoDates)),
  bars: (items) => {
    const texts = items.map(({ kind, symbol, row }) => streamBarJson(kind, symbol, row));
    return {
      frame: (places, from, to) => {
        const chosen =
          places === 'all' ? texts.slice(from, to) : places.slice(from, to).map((place) => texts[place]);
        return Buffer.from(`[${chosen.join(',')}]`);
      },
    };
  },
};

function isoDates(this: unknown, key: string, value: unknown): unknown {
  const raw = (this as Record<string, unknown>)[key];
  // Alpaca writes whole seconds without a fraction.
  return raw instanceof Date ? raw.toISOString().replace('.000Z', 'Z') : value;
}

export const msgpackCodec: Codec = {
  name: 'msgpack',
  binary: true,
  control: (message) => Buffer.from(encodeMsgpack([message])),
  bars: (items) => {
    const { bytes, ends } = msgpackBars(items);
    const begin = (place: number) => (place === 0 ? 0 : (ends[place - 1] as number));
    return {
      frame: (places, from, to) => {
        const header = arrayHeader(to - from);
        if (places === 'all') return Buffer.concat([header, bytes.subarray(begin(from), begin(to))]);
        const parts = places.slice(from, to).map((place) => bytes.subarray(begin(place), ends[place]));
        return Buffer.concat([header, ...parts]);
      },
    };
  },
};

function arrayHeader(length: number): Buffer {
  if (length < 16) return Buffer.from([0x90 | length]);
  const header = Buffer.alloc(3);
  header[0] = 0xdc;
  header.writeUInt16BE(length, 1);
  return header;
}

/** The most that one bar can take: ten keys, five doubles, three whole numbers and a symbol of 255 bytes. */
const longestBar = 360;

/**
 * Written by hand, since every bar for every msgpack client goes through it, and since prices have to be
 * doubles even when they are whole, as Alpaca's own server writes them.
 */
function msgpackBars(items: readonly StreamItem[]): { bytes: Buffer; ends: Uint32Array } {
  const bytes = Buffer.allocUnsafe(items.length * longestBar);
  const ends = new Uint32Array(items.length);
  let at = 0;
  const letter = (code: number) => {
    bytes[at++] = 0xa1;
    bytes[at++] = code;
  };
  const double = (value: number) => {
    bytes[at++] = 0xcb;
    at = bytes.writeDoubleBE(value, at);
  };
  const count = (value: number) => {
    if (!Number.isInteger(value) || value < 0 || value > 0xffffffff) double(value);
    else if (value < 128) bytes[at++] = value;
    else {
      bytes[at++] = 0xce;
      at = bytes.writeUInt32BE(value, at);
    }
  };
  for (const [place, { kind, symbol, row }] of items.entries()) {
    bytes[at++] = 0x8a;
    letter(0x54);
    letter(kind.charCodeAt(0));
    letter(0x53);
    bytes[at++] = 0xd9;
    const length = bytes.write(symbol.slice(0, 63), at + 1);
    bytes[at] = length;
    at += 1 + length;
    letter(0x6f);
    double(row.o);
    letter(0x68);
    double(row.h);
    letter(0x6c);
    double(row.l);
    letter(0x63);
    double(row.c);
    letter(0x76);
    count(row.v);
    letter(0x74);
    bytes[at++] = 0xd6;
    bytes[at++] = 0xff;
    at = bytes.writeUInt32BE(startOf(row.minute) / 1000, at);
    letter(0x6e);
    count(row.n);
    bytes[at++] = 0xa2;
    bytes[at++] = 0x76;
    bytes[at++] = 0x77;
    double(row.vw);
    ends[place] = at;
  }
  return { bytes: bytes.subarray(0, at), ends };
}
