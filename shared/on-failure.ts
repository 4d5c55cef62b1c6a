import type { Config } from './config.ts';
import { decideFailure, type FailureDecision, type PutBackDecision } from './decide-failure.ts';
import { type Failure, failureOf, messageOf } from './errors.ts';
import type { HoldScope } from './limits/hold-rows.ts';
import type { Holds, ProbeTurn } from './limits/holds.ts';
import type { ProbeOutcome } from './limits/judge-hold.ts';
import type { TrackRecord } from './limits/track-record.ts';
import type { Envelope } from './provisioning/envelope.ts';
import { ServiceNowError } from './servicenow/servicenow-error.ts';
import type { OrderPlace, PutBack } from './tickets/put-back.ts';

/** What is known of a message when its handling fails. */
export interface FailedMessage {
  readonly envelope: Envelope;
  readonly place: OrderPlace | undefined;
  /** What it goes to, once that is known; no hold is placed before. */
  readonly scope: Required<HoldScope> | undefined;
  /** What has to wait where ServiceNow refuses the account or the API. */
  readonly accountScope: HoldScope | undefined;
  /** Where it is this message's turn to look whether a hold is over. */
  readonly turn: ProbeTurn | undefined;
}

/**
 * Sees to a message whose handling failed: it is put back, with a hold on all that would fail alike, or given up by
 * `reject`; where that fails too, it is put back all the same.
 *
 * @throws what nobody foresaw: the platform delivers the message again.
 */
export type OnFailure = (
  message: FailedMessage,
  error: unknown,
  reject: (reason: string) => Promise<void>,
) => Promise<void>;

/** A connection that something succeeded through within this time is not what keeps a message from succeeding. */
const LATELY_IN_MS = 30 * 60_000;

/** Builds it, for all queues alike but for where messages are put back. */
export function makeOnFailure(deps: {
  readonly config: Pick<Config, 'deferral' | 'holdInMs'>;
  readonly holds: Pick<Holds, 'place' | 'isAlone'>;
  readonly track: Pick<TrackRecord, 'succeedsLately' | 'refused'>;
  readonly putBack: PutBack;
  readonly random: () => number;
}): OnFailure {
  const { config, holds, track } = deps;

  return async (message, error, reject) => {
    const { envelope, place, scope, turn } = message;
    const { failure, outcome } = await judge(message, error);
    const waitInSeconds = await turn?.end(outcome);
    const probeInSeconds = (await placeHold(message, outcome, error)) ?? spread(waitInSeconds);
    let decision: FailureDecision;
    try {
      decision = decideFailure(
        error,
        // Whoever found it out comes back to probe; all others wait until somebody has.
        failure?.class === 'hold' && probeInSeconds !== undefined
          ? { ...failure, retryAfterInSeconds: probeInSeconds }
          : failure,
        {
          attempt: envelope.Attempt,
          waitedSeconds: envelope.WaitedSeconds,
          othersSucceed: scope !== undefined && (await track.succeedsLately(scope.connection, LATELY_IN_MS)),
          sameRefusals: outcome === 'orderRefused' && scope ? await track.refused(scope, messageOf(error)) : 0,
          isProbe: waitInSeconds !== undefined,
          random: deps.random(),
        },
        config,
      );
    } catch (counting) {
      // Nobody is given up by who can't count.
      return putBackAfter(message, deferralAfter(envelope, counting));
    }
    if (decision.kind === 'throw') throw error;
    if (decision.kind === 'hold' && outcome === 'orderRefused' && scope) {
      const placedInSeconds = await holds.place(scope, 'refusals', decision.reason);
      const nextInSeconds = waitInSeconds ?? placedInSeconds ?? decision.delayInSeconds;
      const delayInSeconds = Math.min(decision.delayInSeconds, nextInSeconds);
      return putBackAfter(message, { ...decision, delayInSeconds });
    }
    if (decision.kind !== 'reject') return putBackAfter(message, decision);
    try {
      await reject(decision.reason);
    } catch (rejecting) {
      // It is given up only when that is written down: what keeps it from that must not end in platform poison.
      await putBackAfter({ envelope, place }, deferralAfter(envelope, rejecting));
    }
  };

  /** What a failure is about. A refusal that held all others before, and that they then did not meet, is the message's own. */
  async function judge({ envelope, accountScope }: FailedMessage, error: unknown) {
    const failure = failureOf(error);
    const outcome = outcomeOf(error, failure);
    if (outcome !== 'accountRefused' || !accountScope) return { failure, outcome };
    const isAlone = await holds.isAlone(accountScope, 'refused', envelope.DeliveryId).catch((unread) => {
      if (failureOf(unread) === undefined) throw unread;
      return false;
    });
    return isAlone ? ({ failure: { class: 'permanent' }, outcome: 'orderRefused' } as const) : { failure, outcome };
  }

  /** Whoever failed to end a hold may be alone with that: in the next turn another one may be quicker. */
  function spread(waitInSeconds: number | undefined): number | undefined {
    return waitInSeconds === undefined ? undefined : waitInSeconds * (1 + deps.random());
  }

  /** Holds all that would be told the same; says in how many seconds this one may look again. */
  async function placeHold(
    { envelope, scope, accountScope }: FailedMessage,
    outcome: ProbeOutcome,
    error: unknown,
  ): Promise<number | undefined> {
    if (!scope) return undefined;
    if (outcome === 'accountRefused')
      return holds.place(accountScope ?? scope, 'refused', messageOf(error), envelope.DeliveryId);
    if (outcome === 'unfinished') return holds.place(scope, 'unfinished', messageOf(error));
    return outcome === 'notFound' ? holds.place(scope, 'reference', messageOf(error)) : undefined;
  }

  /** What to do after a failure that is not the message's: it is neither aged nor counted among refusals. */
  function deferralAfter(envelope: Envelope, error: unknown): PutBackDecision {
    const work = { attempt: envelope.Attempt, waitedSeconds: 0, othersSucceed: false, sameRefusals: 0, isProbe: false };
    const decision = decideFailure(error, failureOf(error), { ...work, random: deps.random() }, config);
    if (decision.kind !== 'defer' && decision.kind !== 'hold') throw error;
    return decision;
  }

  async function putBackAfter(
    { envelope, place }: Pick<FailedMessage, 'envelope' | 'place'>,
    { kind, delayInSeconds, reason }: PutBackDecision,
  ): Promise<void> {
    await deps.putBack(envelope, place, { kind: kind === 'defer' ? 'deferred' : 'held', delayInSeconds, reason });
  }
}

/** What a failure says about what holds others. */
function outcomeOf(error: unknown, failure: Failure | undefined): ProbeOutcome {
  if (failure?.class === 'hold') return failure.found ?? 'unclear';
  return error instanceof ServiceNowError && failure?.class === 'permanent' ? 'orderRefused' : 'unclear';
}
