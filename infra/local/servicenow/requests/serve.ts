import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { badAnswer, isBenign } from '../faults/bad-answer.ts';
import type { ActiveFault, Faults } from '../faults/faults.ts';
import type { Answer } from './answer.ts';
import type { ApiRequest } from './api-request.ts';
import { logBody } from './log-body.ts';
import { logQuery } from './log-query.ts';
import { readTarget } from './read-target.ts';
import { receiveRequest } from './receive-request.ts';
import type { RequestLog } from './request-log.ts';
import { sendAnswer } from './send-answer.ts';

export interface ServeDependencies {
  /** Carries out a request; never throws for what a client did wrong. */
  handle(request: ApiRequest): Answer;
  readonly faults: Faults;
  readonly log: RequestLog;
  /** How long every answer takes, at the least. */
  readonly latencyInMs: number;
  now(): Date;
}

/** What goes over the wire: reads requests, lets the fault rules strike, sends (or does not send) answers, keeps the log. */
export interface Service {
  serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void>;
  /** The most REST and OAuth requests that were under way at once. */
  maxInFlight(): number;
}

export function makeService({ handle, faults, log, latencyInMs, now }: ServeDependencies): Service {
  let inFlight = 0;
  let maxInFlight = 0;

  const serve: Service['serve'] = async (incoming, outgoing) => {
    const at = now();
    const started = performance.now();
    const left = new Promise<void>((resolve) => outgoing.once('close', resolve));
    if (isCounted(incoming.url ?? '')) {
      maxInFlight = Math.max(maxInFlight, ++inFlight);
      void left.then(() => inFlight--);
    }
    const { request, obstacle } = await receiveRequest(incoming);
    const target = readTarget(request.path);
    const fault = faults.strike({
      method: request.method,
      path: request.path,
      ...(target && { table: target.table }),
      encodedQuery: request.query.get('sysparm_query') ?? '',
    });
    const carryOut = async () => {
      // A client that leaves meanwhile does not stop the instance: the write happens all the same.
      if (fault === undefined) return obstacle ?? handle(request);
      if (fault.phase !== 'after') await sleep(fault.action.delayInMs);
      const truth = fault.phase === 'after' || isBenign(fault) ? (obstacle ?? handle(request)) : undefined;
      if (fault.phase === 'after') await sleep(fault.action.delayInMs);
      return strickenAnswer(fault, truth);
    };
    const answer = await carryOut();
    const latencyLeftInMs = latencyInMs - (performance.now() - started);
    if (latencyLeftInMs > 0) await sleep(latencyLeftInMs);
    if (fault?.action.hang) await left;

    const isAnswered = !fault?.action.hang && !fault?.action.cut && !outgoing.destroyed;
    const body = logBody(request, target);
    // Logged before it is sent, so that a client that has its answer finds its request in the log.
    log.add({
      at: at.toISOString(),
      method: request.method,
      path: request.path,
      ...(target && { table: target.table }),
      ...(target?.sysId !== undefined && { sysId: target.sysId }),
      query: logQuery(request.query),
      ...(body !== undefined && { body }),
      status: isAnswered ? answer.status : 0,
      ...(answer.user !== undefined && { user: answer.user }),
      ...(fault && { fault: fault.id }),
      durationInMs: Math.round(performance.now() - started),
      committed: answer.committed === true,
    });
    if (isAnswered) sendAnswer(answer, outgoing, now());
    else incoming.socket.destroy();
  };
  return { serve, maxInFlight: () => maxInFlight };
}

function isCounted(url: string): boolean {
  return /^\/(api\/|oauth_token\.do)/.test(url);
}

function strickenAnswer(fault: ActiveFault, truth: Answer | undefined): Answer {
  if (truth === undefined || !isBenign(fault)) return badAnswer(fault, truth);
  return { ...truth, headers: { ...truth.headers, ...fault.action.headers } };
}
