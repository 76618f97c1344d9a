import { healedBit, stateMask } from '../../../src/gateway/dashboard/contract.ts';

/** Height of a row and width of the column with the names, in CSS pixels. */
export const rowHeight = 14;
export const nameWidth = 84;

/** A colour as canvas pixels hold it: 0xAABBGGRR. */
type Pixel = number;

/** What is told apart: a place in this list is a kind of cell. States first, in the order of their codes. */
export const kinds = ['none', 'bar', 'quiet', 'pending', 'missing', 'quarantined', 'healed'] as const;
export type Kind = (typeof kinds)[number];
const healedKind = kinds.indexOf('healed');

/** Which of two kinds shows when both fall on one pixel: the one that asks for attention. */
const weight: readonly number[] = [0, 2, 1, 4, 6, 5, 3];

/**
 * The vertical pattern of each kind in a row: part of the height, so that states differ by shape and lightness
 * and not by hue alone. 1 is the kind's colour, 0 the background.
 */
const shapes: Readonly<Record<Kind, (part: number) => boolean>> = {
  none: () => false,
  bar: (part) => part > 0.12 && part < 0.9,
  quiet: (part) => part > 0.42 && part < 0.6,
  pending: (part) => part > 0.5 && part < 0.9,
  missing: () => true,
  quarantined: (part) => Math.floor(part * 6) % 2 === 0 && part < 0.9,
  healed: (part) => part > 0.12 && part < 0.9,
};

export interface Palette {
  readonly colours: Readonly<Record<Kind, string>>;
  readonly background: string;
  readonly shade: string;
  readonly text: string;
  readonly cursor: string;
}

/** The kind of a cell: a healed bar is a kind of its own. */
export function kindOf(cell: number): number {
  const state = cell & stateMask;
  return cell & healedBit && state === 1 ? healedKind : state;
}

export function toPixel(hex: string): Pixel {
  const digits = hex.replace('#', '');
  // The build shortens #ffffff to #fff.
  const full = digits.length === 3 ? digits.replaceAll(/./g, '$&$&') : digits;
  const value = Number.parseInt(full, 16);
  return ((0xff << 24) | ((value & 0xff) << 16) | (value & 0xff00) | (value >> 16)) >>> 0;
}

export interface Window {
  /** Columns that are shown, [from, to). */
  readonly from: number;
  readonly to: number;
}

export interface Scene {
  /** Cells of the row at a place of the list. */
  readonly row: (place: number) => Uint8Array;
  readonly name: (place: number) => string;
  readonly rows: number;
  readonly window: Window;
  /** Columns of the regular session; others get a shade. */
  readonly regular: Window | undefined;
  readonly scrollTop: number;
  readonly cursor: { readonly place: number; readonly column: number } | undefined;
}

/** Draw the rows that can be seen. Returns how many there were. */
export function paint(canvas: HTMLCanvasElement, scene: Scene, palette: Palette, ratio: number): number {
  const context = canvas.getContext('2d', { alpha: false });
  if (!context) return 0;
  const [width, height] = [canvas.width, canvas.height];
  const left = Math.round(nameWidth * ratio);
  const rowPixels = Math.round(rowHeight * ratio);
  const first = Math.floor((scene.scrollTop * ratio) / rowPixels);
  const shift = Math.round(scene.scrollTop * ratio) - first * rowPixels;
  const count = Math.max(0, Math.min(scene.rows - first, Math.ceil((height + shift) / rowPixels)));
  context.fillStyle = palette.background;
  context.fillRect(0, 0, width, height);
  if (width > left && count > 0) {
    const image = context.createImageData(width - left, height);
    fill(
      new Uint32Array(image.data.buffer),
      { ...scene, first, count, shift, rowPixels, palette },
      width - left,
      height,
    );
    context.putImageData(image, left, 0);
  }
  drawNames(context, scene, palette, { first, count, shift, rowPixels, ratio });
  drawCursor(context, scene, palette, { first, shift, rowPixels, ratio, left, width });
  return count;
}

interface FillScene extends Scene {
  readonly first: number;
  readonly count: number;
  readonly shift: number;
  readonly rowPixels: number;
  readonly palette: Palette;
}

function fill(pixels: Uint32Array, scene: FillScene, width: number, height: number): void {
  const { palette, window, regular, rowPixels } = scene;
  const background = toPixel(palette.background);
  const shade = toPixel(palette.shade);
  const columns = columnsOf(window, width);
  const base = new Uint32Array(width);
  for (let x = 0; x < width; x++) {
    const column = columns[x] ?? 0;
    const isShaded = regular !== undefined && (column < regular.from || column >= regular.to);
    base[x] = isShaded ? shade : background;
  }
  const patterns = patternsOf(palette, rowPixels);
  const line = new Uint8Array(width);
  for (let at = 0; at < scene.count; at++) {
    kindsOfLine(line, scene.row(scene.first + at), columns, window);
    const top = at * rowPixels - scene.shift;
    for (let y = Math.max(0, top); y < Math.min(height, top + rowPixels); y++) {
      const pattern = patterns[y - top] ?? [];
      const offset = y * width;
      for (let x = 0; x < width; x++) pixels[offset + x] = pattern[line[x] ?? 0] || (base[x] ?? 0);
    }
  }
  const end = scene.count * rowPixels - scene.shift;
  if (end < height) pixels.fill(background, Math.max(0, end) * width);
}

/** The first column under each pixel. */
function columnsOf({ from, to }: Window, width: number): Int32Array {
  const columns = new Int32Array(width + 1);
  for (let x = 0; x <= width; x++) columns[x] = from + Math.floor((x * (to - from)) / width);
  return columns;
}

/** The kind that each pixel of a row shows: the weightiest of the cells under it. */
function kindsOfLine(line: Uint8Array, cells: Uint8Array, columns: Int32Array, { to }: Window): void {
  for (let x = 0; x < line.length; x++) {
    const column = columns[x] ?? 0;
    let kind = kindOf(cells[column] ?? 0);
    const end = Math.min(to, columns[x + 1] ?? to);
    for (let next = column + 1; next < end; next++) {
      const other = kindOf(cells[next] ?? 0);
      if ((weight[other] ?? 0) > (weight[kind] ?? 0)) kind = other;
    }
    line[x] = kind;
  }
}

/** For each line of pixels of a row, the colour of each kind; 0 where the background shows. */
function patternsOf(palette: Palette, rowPixels: number): readonly (readonly Pixel[])[] {
  return Array.from({ length: rowPixels }, (_, y) =>
    kinds.map((kind) => (shapes[kind]((y + 0.5) / rowPixels) ? toPixel(palette.colours[kind]) : 0)),
  );
}

interface Layout {
  readonly first: number;
  readonly shift: number;
  readonly rowPixels: number;
  readonly ratio: number;
}

function drawNames(
  context: CanvasRenderingContext2D,
  scene: Scene,
  palette: Palette,
  { first, count, shift, rowPixels, ratio }: Layout & { readonly count: number },
): void {
  context.font = `${11 * ratio}px ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace`;
  context.textBaseline = 'middle';
  context.fillStyle = palette.text;
  const most = (nameWidth - 10) * ratio;
  for (let at = 0; at < count; at++) {
    const y = at * rowPixels - shift + rowPixels / 2;
    context.fillText(scene.name(first + at), 2 * ratio, y, most);
  }
}

function drawCursor(
  context: CanvasRenderingContext2D,
  { cursor, window }: Scene,
  palette: Palette,
  { first, shift, rowPixels, ratio, left, width }: Layout & { readonly left: number; readonly width: number },
): void {
  if (!cursor) return;
  const y = (cursor.place - first) * rowPixels - shift;
  const cell = (width - left) / Math.max(1, window.to - window.from);
  const x = left + (cursor.column - window.from) * cell;
  context.strokeStyle = palette.cursor;
  context.lineWidth = Math.max(1, ratio * 1.5);
  context.strokeRect(x - 2 * ratio, y - ratio, Math.max(cell, ratio) + 4 * ratio, rowPixels + 2 * ratio);
}
