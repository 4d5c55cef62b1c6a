/** A request that the instance has dealt with, without its secrets. */
export interface LoggedRequest {
  /** When it arrived, ISO 8601. */
  readonly at: string;
  /** After `X-http-method-override`. */
  readonly method: string;
  readonly path: string;
  /** As fault rules see it. */
  readonly table?: string;
  /** Of the record, the attachment or the catalog item that the path names. */
  readonly sysId?: string;
  readonly query: Record<string, string>;
  /** Of a JSON or form body the content; of any other only its length. */
  readonly body?: unknown;
  /** 0 when no answer was given: the connection was cut, or the client left first. */
  readonly status: number;
  /** user_name of who was logged in. */
  readonly user?: string;
  /** The id of the fault rule that struck. */
  readonly fault?: string;
  readonly durationInMs: number;
  /** Whether a record was written, whatever the answer said. */
  readonly committed: boolean;
}
