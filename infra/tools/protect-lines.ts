import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { isatty } from 'node:tty';
import { ProtectFault } from './protect-fault.ts';

/** Lines of standard input, one at a time; `undefined` after the last. */
export interface Lines {
  readonly isTerminal: boolean;
  /** On a terminal `prompt` is shown on standard error, and what is typed is not. @throws ProtectFault for what is no text. */
  next(prompt: string): Promise<string | undefined>;
  /** Gives the terminal back as it was. */
  close(): void;
}

/** Standard input, of a pipe or of a terminal. It is not touched before the first line is asked for. */
export function makeLines(): Lines {
  return isatty(0) ? terminalLines() : pipedLines();
}

function pipedLines(): Lines {
  const lines = read();

  async function* read(): AsyncGenerator<string> {
    const all = decode(await buffer(process.stdin)).split(/\r?\n/);
    // The end of the last line begins no further one.
    if (all.at(-1) === '') all.pop();
    yield* all;
  }

  return {
    isTerminal: false,
    async next() {
      const { done, value } = await lines.next();
      return done ? undefined : value;
    },
    close: () => {},
  };
}

function terminalLines(): Lines {
  let terminal: Interface | undefined;
  const lines = read();

  async function* read(): AsyncGenerator<string> {
    // A terminal whose echo goes nowhere; it knows backspace and paste.
    const output = new Writable({ write: (_chunk, _encoding, done) => done() });
    terminal = createInterface({ input: process.stdin, output, terminal: true, historySize: 0 });
    terminal.on('SIGINT', () => {
      terminal?.close();
      process.exit(130);
    });
    yield* terminal;
  }

  return {
    isTerminal: true,
    async next(prompt) {
      process.stderr.write(prompt);
      const { done, value } = await lines.next();
      process.stderr.write('\n');
      return done ? undefined : value;
    },
    close: () => terminal?.close(),
  };
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new ProtectFault('input', 'Expected text in UTF-8 on standard input, got other bytes.');
  }
}
