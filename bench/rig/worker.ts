import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** A line between the bench and one of its processes. */
export type Line = Readonly<Record<string, unknown>>;

export interface WorkerOptions {
  /** Flags of node. */
  readonly nodeFlags?: readonly string[];
  /** Another program than node. */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A process of its own, which is told things and tells things, one JSON object a line. */
export class Worker {
  readonly #child: ChildProcess;
  readonly #name: string;
  readonly #lines: Line[] = [];
  #waiting: (() => void)[] = [];
  #ended: string | undefined;

  constructor(script: URL, { nodeFlags = [], program, env = {} }: WorkerOptions = {}) {
    const path = fileURLToPath(script);
    this.#name = path.split('/').at(-1) ?? path;
    const [command, args] = program ? [program, [path]] : [process.execPath, [...nodeFlags, path]];
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    this.#child.stdin?.on('error', () => undefined);
    if (this.#child.stdout)
      createInterface({ input: this.#child.stdout }).on('line', (line) => {
        // What a library prints of its own is not for us.
        if (line.startsWith('{"')) this.#lines.push(JSON.parse(line) as Line);
        this.#wake();
      });
    this.#child.on('error', (error) => this.#end(error.message));
    this.#child.on('close', (code, signal) => this.#end(`it ended with ${code ?? signal}`));
  }

  tell(line: Line): void {
    this.#child.stdin?.write(`${JSON.stringify(line)}\n`);
  }

  /** The next line that it tells. */
  async hear<T extends object>(): Promise<T> {
    for (;;) {
      const line = this.#lines.shift();
      if (line) return line as T;
      if (this.#ended !== undefined) throw new Error(`${this.#name}: ${this.#ended}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async ask<T extends object>(line: Line): Promise<T> {
    this.tell(line);
    return this.hear<T>();
  }

  /** Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    if (this.#ended === undefined) this.#child.kill();
    while (this.#ended === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Let it come to its own end, so that it can write its profile. */
  async ended(): Promise<void> {
    this.#child.stdin?.end();
    while (this.#ended === undefined) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  #end(why: string): void {
    this.#ended ??= why;
    this.#wake();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
