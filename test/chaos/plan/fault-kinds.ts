import type { FaultRule } from '../../../infra/local/servicenow/start-servicenow.ts';
import { TIMES } from '../times.ts';
import { type Dice, from, oneOf } from './dice.ts';
import type { Deed } from './plan.ts';
import { CONNECTIONS } from './resource-types.ts';

interface Kind {
  /** How often it is drawn, next to the others. */
  readonly weight: number;
  /** Absent where what is sent makes it happen. */
  readonly draw?: (dice: Dice) => Deed;
}

type Match = NonNullable<FaultRule['match']>;
type Action = FaultRule['action'];

const POST: Match = { method: 'POST', table: 'incident' };
/** What makes a ticket, and each part of one: a request and its item are ordered, then marked, or made one by one. */
const WRITES: readonly [Match, ...Match[]] = [
  POST,
  POST,
  { method: 'POST', table: 'sc_request' },
  { method: 'POST', table: 'sc_req_item' },
  { method: 'POST', table: 'sc_task' },
  { method: 'PATCH', table: 'sc_req_item' },
  { method: 'PATCH', table: 'sc_request' },
  // What sets a password, and has it changed.
  { method: 'PATCH', table: 'sys_user' },
];
/** The Table API; the token endpoint has words of its own. */
const ANY: Match = { path: '/api/now' };
const READ: Match = { method: 'GET', table: 'incident' };

const failure = (message: string, detail: string) => ({ error: { message, detail }, status: 'failure' });
const RATE_LIMITED = failure('Rate limit exceeded', 'Rate limit of 100 requests per hour for Table API exceeded');

/** Every kind of fault by name. */
const kinds = {
  kill: { weight: 8, draw: (dice) => ({ does: 'kill', host: dice.next(), afterCommit: dice.next() < 0.7 }) },
  duplicate: { weight: 0 },
  'rate-limit': { weight: 2, draw: (dice) => storm(dice, ANY, { status: 429, body: RATE_LIMITED }) },
  'rate-limit-retry-after': {
    weight: 2,
    draw: (dice) =>
      // In the call as long as it asks for up to 5 s, back on the queue beyond.
      storm(dice, ANY, { status: 429, headers: { 'Retry-After': oneOf(dice, ['1', '2', '6']) }, body: RATE_LIMITED }),
  },
  'rate-limit-reset': {
    weight: 2,
    draw: (dice) => ({
      ...storm(dice, ANY, { status: 429, headers: { 'X-RateLimit-Limit': '100' }, body: RATE_LIMITED }),
      resetInSeconds: from(dice, 1, 7),
    }),
  },
  'error-before': {
    weight: 3,
    draw: (dice) => storm(dice, oneOf(dice, [...WRITES, ANY]), oneOf(dice, errors)),
  },
  'error-after': { weight: 3, draw: (dice) => after(dice, oneOf(dice, errors)) },
  'forbidden-after': {
    weight: 1,
    draw: (dice) =>
      after(dice, {
        status: 403,
        body: failure('Operation Failed', 'ACL Exception Insert Failed due to security constraints'),
      }),
  },
  'timeout-before': { weight: 1, draw: (dice) => before(dice, 2, oneOf(dice, [...WRITES, READ]), { hang: true }) },
  'timeout-after': { weight: 3, draw: (dice) => after(dice, { delayInMs: TIMES.requestTimeoutInMs + 500 }) },
  // The client has long given up when the ticket comes into being; within the unclear wait it does.
  'late-commit': {
    weight: 3,
    draw: (dice) =>
      before(dice, 2, oneOf(dice, WRITES), { delayInMs: TIMES.requestTimeoutInMs + TIMES.unclearWaitInMs / 2 }),
  },
  accepted: {
    weight: 2,
    draw: (dice) => {
      const action = { status: 202, body: 'empty' };
      return dice.next() < 0.5 ? before(dice, 2, oneOf(dice, WRITES), action) : after(dice, action);
    },
  },
  'reset-before': { weight: 2, draw: (dice) => before(dice, 4, oneOf(dice, [...WRITES, ANY]), { cut: true }) },
  'reset-after': { weight: 3, draw: (dice) => after(dice, { cut: true }) },
  'broken-json': {
    weight: 2,
    draw: (dice) => ({
      ...inForce(dice, { match: oneOf(dice, [...WRITES, READ]), times: from(dice, 1, 3), phase: 'after' }, brokenJson),
    }),
  },
  hibernation: { weight: 1, draw: (dice) => storm(dice, ANY, { status: 200, body: 'hibernation' }) },
  'token-revocation': { weight: 1, draw: () => ({ does: 'revokeTokens' }) },
  'secret-rotation': {
    weight: 1,
    draw: (dice) => ({ does: 'rotate', connection: oneOf(dice, CONNECTIONS), lagInMs: from(dice, 200, 3_000) }),
  },
  'account-refused': {
    weight: 1,
    draw: (dice) => ({ does: 'refuseAccount', connection: oneOf(dice, CONNECTIONS), forMs: from(dice, 500, 3_000) }),
  },
  'storage-error': {
    weight: 3,
    draw: (dice) => ({
      does: 'failStorage',
      service: oneOf(dice, ['queue', 'table', 'table', 'blob']),
      how: oneOf(dice, ['busy', 'reset', 'answerLost']),
      requests: from(dice, 3, 20),
    }),
  },
} as const satisfies Record<string, Kind>;

/** The name of a kind of fault. */
export type FaultKind = keyof typeof kinds;

/** All names, in a fixed order. */
export const FAULT_KINDS: readonly FaultKind[] = Object.keys(kinds).filter(isFaultKind);

/** Whether a text names a kind of fault. */
export function isFaultKind(name: string): name is FaultKind {
  return Object.hasOwn(kinds, name);
}

/** How a kind is drawn. */
export function faultKind(name: FaultKind): Kind {
  return kinds[name];
}

const brokenJson = { status: 200, body: 'broken-json' } as const satisfies Action;

const errors = [
  { status: 500, body: failure('Transaction cancelled: maximum execution time exceeded', 'Check logs') },
  { status: 502 },
  { status: 503, body: 'maintenance' },
  { status: 503 },
] as const satisfies readonly [Action, ...Action[]];

function inForce(dice: Dice, rule: Omit<FaultRule, 'action'>, action: Action) {
  const { method, table = 'incident' } = rule.match ?? {};
  const drawn = oneOf(dice, CONNECTIONS);
  return {
    does: 'answerBadly',
    // Only there are requests made part by part: elsewhere such a fault would meet nothing.
    connection: method === 'POST' && table !== 'incident' ? 'ServiceNowByToken' : drawn,
    rule: { ...rule, action: { ...action } },
  } as const satisfies Deed;
}

function storm(dice: Dice, match: Match, action: Action) {
  return inForce(dice, { match, times: from(dice, 4, 14) }, action);
}

function before(dice: Dice, most: number, match: Match, action: Action) {
  return inForce(dice, { match, times: from(dice, 1, most) }, action);
}

function after(dice: Dice, action: Action) {
  return inForce(dice, { match: oneOf(dice, WRITES), times: from(dice, 1, 3), phase: 'after' }, action);
}
