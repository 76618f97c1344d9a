/**
 * The public surface of Fleece: `streamBars` and the values that it brings, the planner, and the errors.
 * @packageDocumentation
 */
export { BarStream, type Revision, type StreamEvent, type StreamEventOf } from './app/bar-stream.ts';
export type { PlanSettings } from './app/engine.ts';
export { streamBars, type StreamBarsOptions } from './app/stream-bars.ts';
export type { Credentials } from './alpaca/credentials.ts';
export type { RequestReport } from './alpaca/request.ts';
export type { HttpAnswer, HttpTransport } from './alpaca/transport.ts';
export { FleeceError, type FleeceErrorCode, isFleeceError } from './errors.ts';
export type {
  AskedEvent,
  BudgetEvent,
  GapEvent,
  ModeEvent,
  NoticeEvent,
  PassEvent,
  QuarantineEvent,
  ReleaseEvent,
  SettleEvent,
  SleptEvent,
} from './ingest/events.ts';
export { type Bar, type BarRow, type StreamBar, toStreamBar } from './market/bar.ts';
export type { Feed, StockFeed } from './market/feed.ts';
export type { MarketSymbol } from './market/symbol.ts';
export type { Mode } from './plan/modes.ts';
export { makePlan, type Plan, type PlanInput } from './plan/plan.ts';
export type { Log } from './telemetry/log.ts';
export { AffineClock, parseClock, systemClock } from './time/affine-clock.ts';
export type { Clock, EpochMs } from './time/clock.ts';
export { type EpochMinute, minuteOf, startOf, toIsoMinute } from './time/minute.ts';
