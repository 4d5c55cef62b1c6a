import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { ClientRequest } from 'node:http';

/** A request as it left the process. */
export interface Send {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly headerNames: readonly string[];
  readonly reusedSocket: boolean;
}

const CHANNEL = 'http.client.request.start';

/** Records every request that `node:http` and `node:https` send to the host of `url`, whether it arrives or not. */
export function recordSends(url: string): { readonly sends: readonly Send[]; stop(): void } {
  const { host } = new URL(url);
  const sends: Send[] = [];
  const record = (message: unknown) => {
    if (typeof message !== 'object' || message === null || !('request' in message)) return;
    const { request } = message;
    if (!(request instanceof ClientRequest) || request.getHeader('host') !== host) return;
    sends.push({
      method: request.method,
      path: request.path,
      authorization: request.getHeader('authorization')?.toString(),
      headerNames: request.getHeaderNames(),
      reusedSocket: request.reusedSocket,
    });
  };
  subscribe(CHANNEL, record);
  return { sends, stop: () => void unsubscribe(CHANNEL, record) };
}
