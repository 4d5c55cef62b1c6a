import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { z } from 'zod';
import { listen } from '../listen.ts';

/** `run` starts a function with an input, under an invocation id; false where there is no such function. */
export interface AdminServerOptions {
  readonly port: number;
  readonly run: (functionName: string, input: string, invocationId: string) => boolean;
}

const runSchema = z.object({ input: z.string().nullish() });

/**
 * Answers on the loopback address as Core Tools does: `GET /admin/host/status` (and `/`), and
 * `POST /admin/functions/<name>` with `{"input":"<text>"}` to run any function now: 202 and the run goes on in the
 * background, 400 without such a body, 404 for an unknown name. The header `x-invocation-id`, if the caller sends one,
 * becomes the id of the run.
 * Source: FunctionsController.cs; "Manually run a non HTTP-triggered function" in the public documentation.
 */
export function startAdminServer({ port, run }: AdminServerOptions): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    answer(request).then(
      ({ status, headers = {}, body }) => response.writeHead(status, headers).end(body),
      () => response.destroy(),
    );
  });

  async function answer(
    request: IncomingMessage,
  ): Promise<{ status: number; headers?: Record<string, string>; body?: string }> {
    const path = new URL(request.url ?? '/', 'http://127.0.0.1').pathname;
    if (request.method === 'GET' && (path === '/' || path === '/admin/host/status')) {
      return { status: 200, headers: { 'Content-Type': 'application/json' }, body: '{"state":"Running"}' };
    }
    const name = /^\/admin\/functions\/([^/]+)$/.exec(path)?.[1];
    if (request.method !== 'POST' || name === undefined) return { status: 404 };
    const read = runSchema.safeParse(parseJson(await text(request)));
    if (!read.success) return { status: 400 };
    const { 'x-invocation-id': invocationId } = request.headers;
    const isKnown = run(name, read.data.input ?? '', typeof invocationId === 'string' ? invocationId : randomUUID());
    return { status: isKnown ? 202 : 404 };
  }

  return listen(server, port).then(({ port: actual, close }) => ({ url: `http://127.0.0.1:${actual}`, close }));
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
