export interface Slope {
  /** Change of y a unit of x. */
  readonly slope: number;
  /** Its standard error. */
  readonly error: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
  /** Points of one group have a level of their own: an hour of the day, for example. */
  readonly group: string;
}

/** The slope that the groups have in common, by least squares. */
export function slopeWithin(points: readonly Point[]): Slope {
  const groups = new Map<string, Point[]>();
  for (const point of points) groups.set(point.group, [...(groups.get(point.group) ?? []), point]);
  const centred = [...groups.values()].flatMap((members) => {
    const [x0, y0] = [mean(members.map(({ x }) => x)), mean(members.map(({ y }) => y))];
    return members.map(({ x, y }) => ({ x: x - x0, y: y - y0 }));
  });
  const sum = (pick: (point: { x: number; y: number }) => number) =>
    centred.reduce((total, point) => total + pick(point), 0);
  const spread = sum(({ x }) => x ** 2);
  const slope = sum(({ x, y }) => x * y) / spread;
  const left = sum(({ x, y }) => (y - slope * x) ** 2);
  return { slope, error: Math.sqrt(left / (points.length - groups.size - 1) / spread) };
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
