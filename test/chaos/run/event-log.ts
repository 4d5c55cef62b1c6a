import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What happened in a run, in the order it did. */
export interface EventLog {
  add(event: string, details?: Readonly<Record<string, unknown>>): void;
  /** Writes everything to a file, with what the app wrote, and gives its path. */
  keep(seed: number, more: readonly string[]): Promise<string>;
}

/** Starts an empty log; `echo` gets every line as it comes. */
export function makeEventLog(echo: (line: string) => void): EventLog {
  const started = performance.now();
  const lines: string[] = [];
  return {
    add(event, details = {}) {
      const line = JSON.stringify({ atMs: Math.round(performance.now() - started), event, ...details });
      lines.push(line);
      echo(line);
    },
    async keep(seed, more) {
      const path = join(tmpdir(), `chaos-${seed}-${process.pid}.log`);
      await writeFile(path, [...lines, ...more].map((line) => `${line}\n`).join(''));
      return path;
    },
  };
}
