// What the peers share: a poll at the end of each virtual minute, and the count of what came of it. Each peer
// is a program as a user of that peer would write it; only the clock is not its own.
import { createInterface } from 'node:readline';

const minuteMs = 60_000;

/** The task, from the first line of stdin. */
export async function readTask() {
  for await (const line of createInterface({ input: process.stdin })) return JSON.parse(line);
  throw new Error('no task was given');
}

export function clockOf({ realZero, virtualZero, speed }) {
  const now = () => virtualZero + (Date.now() - realZero) * speed;
  const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms / speed)));
  return { now, sleep };
}

/**
 * Poll `task.minutes` minutes, each `settleMs` after it has closed; a poll that takes longer than a minute makes
 * the next one late. `poll(symbols, start, end, deliver, isOver)` asks for minutes `start` to `end`, inclusive,
 * and calls `deliver(symbol, epochMs)` for each bar. What is not there one minute after the last close counts
 * as missing.
 */
export async function runCycles(task, poll) {
  const clock = clockOf(task.clock);
  const first = Math.floor(clock.now() / minuteMs);
  const last = first + task.minutes - 1;
  const over = (last + 2) * minuteMs;
  const isOver = () => clock.now() >= over;
  const delivered = new Set();
  let firstMinuteBars = 0;
  const deliver = (symbol, at) => {
    const minute = at / minuteMs;
    if (minute < first || minute > last) return;
    const before = delivered.size;
    delivered.add(`${minute}${symbol}`);
    if (minute === first && delivered.size > before) firstMinuteBars += 1;
  };
  const idleCpuMs = cpuMs();
  let busyMs = 0;
  const marks = [];
  const failures = { count: 0 };
  for (let due = first; due <= last && !isOver(); ) {
    await clock.sleep((due + 1) * minuteMs + task.settleMs - clock.now());
    const began = Date.now();
    const end = Math.min(last, Math.floor(clock.now() / minuteMs) - 1);
    await poll(task.symbols, (end - task.lookback) * minuteMs, end * minuteMs, deliver, isOver, failures);
    busyMs += Date.now() - began;
    marks.push({
      at: clock.now(),
      bars: marks.length === 0 ? firstMinuteBars : delivered.size,
      cpuMs: cpuMs() - idleCpuMs,
      wallMs: busyMs,
      peakMb: process.resourceUsage().maxRSS / 1024,
    });
    due = end + 1;
  }
  const report = { first, startCpuMs: idleCpuMs, cycle: marks[0], whole: marks.at(-1) };
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
}

function cpuMs() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

export function batchesOf(symbols, size) {
  const batches = [];
  for (let at = 0; at < symbols.length; at += size) batches.push(symbols.slice(at, at + size));
  return batches;
}

/** Run `work` for every item, at most `limit` at a time. */
export async function atMost(limit, items, work) {
  const left = items.values();
  const run = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: limit }, run));
}
