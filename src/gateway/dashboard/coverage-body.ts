import type { CoverageAnswer } from './dashboard-data.ts';

/** A coverage answer as bytes: the length of the header (32 bits, little endian), the header, the cells. */
export function coverageBody({ header, cells }: CoverageAnswer): Buffer {
  const head = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(head.length);
  return Buffer.concat([length, head, cells]);
}
