import type { IncomingHttpHeaders } from 'node:http';

/** A request that has arrived in full. */
export interface ApiRequest {
  /** After `X-http-method-override`. */
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  /** As text. */
  readonly body: string;
  /** As it came. */
  readonly bytes: Buffer;
}
