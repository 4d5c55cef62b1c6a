import type { Refusal } from '../refusal.ts';

/** What is sent back, and what the log should know about it. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** Whether a record was written. */
  readonly committed?: true;
  /** user_name of who was logged in. */
  readonly user?: string;
}

/** An answer with a JSON body, typed as the instance types it. */
export function json(status: number, content: unknown, headers: Readonly<Record<string, string>> = {}): Answer {
  return {
    status,
    headers: { 'Content-Type': 'application/json;charset=UTF-8', ...headers },
    body: JSON.stringify(content),
  };
}

/** An answer that a person reads: gateways, hibernating instances and pages answer so. */
export function html(status: number, title: string, body: string): Answer {
  return {
    status,
    headers: { 'Content-Type': 'text/html;charset=UTF-8' },
    body: `<!DOCTYPE html><html><head><title>${title}</title></head><body>${body}</body></html>`,
  };
}

/** The error envelope of all REST APIs of the instance. */
export function failure(status: number, message: string, detail: string | null): Answer {
  return json(status, { error: { message, detail }, status: 'failure' });
}

/** The envelope of a refused request. */
export function refused({ status, message, detail }: Refusal): Answer {
  return failure(status, message, detail);
}
