import type { HostEvent } from './host-event.ts';
import type { HostReady } from './host-ready.ts';

/** Tells the parent process, if there is one, what happened; log lines go to standard error too. */
export interface Reporter {
  report(event: HostEvent | HostReady): void;
  /** A line of the host itself. */
  log(level: 'debug' | 'information' | 'warning' | 'error', message: string): void;
  /** Resolves when the parent has everything that was reported. */
  flush(): Promise<void>;
}

/** Makes the reporter of this process. */
export function makeReporter(): Reporter {
  let sent = Promise.resolve();
  const report = (event: HostEvent | HostReady) => {
    if (event.event === 'log') {
      const { level, functionName = 'Host', invocationId, message } = event;
      const source = invocationId === undefined ? functionName : `${functionName} ${invocationId}`;
      process.stderr.write(`[${new Date().toISOString()}] ${level} ${source}: ${message}\n`);
    }
    if (!process.connected) return;
    // A send that fails has lost the parent, which ends the host by itself.
    sent = new Promise((resolve) => process.send?.(event, undefined, undefined, () => resolve()));
  };
  return { report, log: (level, message) => report({ event: 'log', level, message }), flush: () => sent };
}
