/** The local Alpaca: a seeded market behind the service's REST endpoints, in this process or on a port. */
export type { MarketBar, Minute } from './bar.ts';
export { parseBarsFile, parseSymbolsFile } from './bars-file.ts';
export type { Answer, SimulatorRequest, SimulatorResponse } from './exchange.ts';
export { type FaultKind, type FaultRates, faultKinds } from './faults.ts';
export { createHandler, type Handler, type HandlerOptions } from './handler.ts';
export {
  createInProcessTransport,
  type InProcessOptions,
  type InProcessTransport,
} from './in-process-transport.ts';
export type { KeyPair } from './keys.ts';
export { createMarket, type Market, type MarketOptions, type SymbolBar } from './market.ts';
export type { Plan } from './plan.ts';
export type { Publication } from './publication.ts';
export type { RecordedBar } from './replay-tape.ts';
export type { ApiGroup, LoggedRequest, RequestLog } from './request-log.ts';
export { type Simulator, type SimulatorOptions, startSimulator } from './start.ts';
export { maxSymbols, symbolList } from './symbol-list.ts';
export type { TapeFeed } from './tape.ts';
export type { TradingHours } from './trading-hours.ts';
