import { expect, test } from 'vitest';
import { hashPassword } from '../../../infra/local/servicenow/auth/hash-password.ts';
import type { PasswordResult } from '../../../shared/passwords/password-result.ts';
import type { ProvisioningResult } from '../../../shared/provisioning/result.ts';
import { canary } from '../../chaos/canaries.ts';
import type { Evidence } from '../../chaos/judge/evidence.ts';
import { judge } from '../../chaos/judge/judge.ts';
import { whyItFails } from '../../chaos/judge/why-it-fails.ts';
import type { InvalidOrder, PlannedReset, ValidOrder } from '../../chaos/plan/plan.ts';
import { RESOURCE_TYPES } from '../../chaos/plan/resource-types.ts';

const [account, badge, resolvable] = RESOURCE_TYPES;
const order: ValidOrder = { assignmentId: '7', changeType: 'Added', resourceType: account, desk: [] };
const invalid: InvalidOrder = { mark: 'chaos-invalid-1', what: 'wrong types', assignmentId: '9' };
const reset: PlannedReset = {
  deliveryId: 'reset-1',
  connection: account.connection,
  userName: 'user.000001',
  source: 'generated',
  order: {},
  copies: 1,
  afterOrders: 0,
};
const plain: PlannedReset = { ...reset, deliveryId: 'reset-2', userName: 'user.000002', source: 'plain' };
const plan = { valid: [order], invalid: [invalid], resets: [reset, plain] };

const record = { number: 'INC1', sys_id: 'a', sys_class_name: 'incident', correlation_id: '7.A.x.1', state: '7' };
const ticket = { connection: account.connection, record };
const result = (changes: Partial<ProvisioningResult> = {}): ProvisioningResult => ({
  v: 1,
  ResultId: `7.A.x.1:${changes.Sequence ?? 1}`,
  Sequence: 1,
  Generation: 1,
  OrderKey: '7.A.x',
  OrderedAt: '2026-11-23T10:00:00.000Z#000000',
  AssignmentId: '7',
  ChangeType: 'Added',
  OwnerId: '1',
  OwnerType: '51',
  ResourceType: account.identifier,
  ProvisioningState: 'Transmitted',
  Message: '',
  OccurredAt: '2026-11-23T10:00:00.000Z',
  Ticket: { Connection: '', Table: 'incident', Number: 'INC1', SysId: 'a', Url: '', State: '1' },
  ...changes,
});
const executed = result({ Sequence: 2, ProvisioningState: 'Executed' });
const { Ticket: _, ...withoutTicket } = result();
const errored: ProvisioningResult = {
  ...withoutTicket,
  ResultId: '9.A.y.1:1',
  AssignmentId: '9',
  ProvisioningState: 'Errored',
};
const outcome = (changes: Partial<PasswordResult> = {}): PasswordResult => ({
  v: 1,
  ResultId: 'reset-1',
  Connection: account.connection,
  User: 'user.000001',
  State: 'Executed',
  Message: '',
  SecretName: 'kept',
  OccurredAt: '2026-11-23T10:00:00.000Z',
  ...changes,
});
const refused = outcome({ ResultId: 'reset-2', State: 'Errored', SecretName: undefined });
const userOf = (changes: Readonly<Record<string, string>> = {}) => ({
  connection: account.connection,
  record: {
    user_name: 'user.000001',
    user_password: hashPassword('the new password'),
    password_needs_reset: 'true',
    ...changes,
  },
});
const good: Evidence = {
  passwordResults: [outcome(), outcome(), refused],
  poisonedResets: [{ text: '{"DeliveryId":"reset-2"}' }],
  users: [userOf(), userOf({ user_name: 'user.000002', password_needs_reset: 'false' })],
  passwords: new Map([
    ['kept', 'the new password'],
    ['unused', 'another password'],
  ]),
  tickets: [ticket],
  results: [result(), executed, executed, errored],
  poison: [{ text: '{"Mark":"chaos-invalid-1"}', reason: 'Expected an order' }],
  searched: [{ place: 'the log', text: 'a line without anything' }],
  secrets: ['connection-password'],
  failedLogins: 1,
};
const after = (changes: Partial<Evidence>) => {
  const { findings, ...verdict } = judge(plan, { ...good, ...changes });
  return { ...verdict, findings: findings.join('\n') };
};

test('what is as it should be gives no finding', () => {
  const { findings, ...verdict } = judge(plan, good);
  expect(findings).toEqual([]);
  expect(verdict).toEqual({
    valid: 1,
    invalid: 1,
    tickets: 1,
    resets: 2,
    lost: 0,
    doubled: 0,
    wrongState: 0,
    leakedSecrets: 0,
    failedLogins: 1,
  });
});

const SECRET = canary(3, 'order');
const MISSED: readonly (readonly [string, Partial<Evidence>, object])[] = [
  ['an order without a ticket', { tickets: [] }, { lost: 1, tickets: 0 }],
  ['an order without a result', { results: [errored] }, { lost: 1 }],
  ['an order whose first result is missing', { results: [executed, errored] }, { lost: 1 }],
  [
    'a ticket in another instance than its own',
    { tickets: [{ ...ticket, connection: resolvable.connection }] },
    { lost: 1 },
  ],
  [
    'a second ticket for an order',
    { tickets: [ticket, { ...ticket, record: { ...record, sys_id: 'b', correlation_id: '7.A.x.2' } }] },
    { doubled: 1, tickets: 2 },
  ],
  [
    'a second ticket with the same key',
    { tickets: [ticket, { ...ticket, record: { ...record, sys_id: 'b' } }] },
    { doubled: 1, tickets: 2 },
  ],
  [
    'a ticket for an invalid order',
    { tickets: [ticket, { ...ticket, record: { ...record, sys_id: 'b', correlation_id: '9.A.y.1' } }] },
    { doubled: 1, tickets: 2 },
  ],
  ['a closed ticket that was told to be open', { results: [result(), errored] }, { wrongState: 1 }],
  [
    'an open ticket that was told to be done',
    { tickets: [{ ...ticket, record: { ...record, state: '2' } }] },
    { wrongState: 1 },
  ],
  [
    'a cancelled ticket that was told to be done',
    { tickets: [{ ...ticket, record: { ...record, state: '8' } }] },
    { wrongState: 1 },
  ],
  [
    'a ticket that was closed as a duplicate and told to be done',
    { tickets: [{ ...ticket, record: { ...record, close_code: 'Duplicate' } }] },
    { wrongState: 1 },
  ],
  [
    'one result with two states',
    { results: [...good.results, { ...executed, ProvisioningState: 'Errored' }] },
    { wrongState: 1 },
  ],
  [
    'an Errored of a later generation after the ticket was done',
    { results: [...good.results, { ...errored, AssignmentId: '7', ResultId: '7.A.x.2:1', Generation: 2 }] },
    { wrongState: 1 },
  ],
  ['an invalid order that is nowhere', { poison: [] }, { lost: 1 }],
  [
    'an invalid order of a similar name',
    { poison: [{ text: '{"Mark":"chaos-invalid-12"}', reason: 'Expected an order' }] },
    { lost: 1 },
  ],
  ['an invalid order without a reason', { poison: [{ text: 'chaos-invalid-1', reason: undefined }] }, { lost: 1 }],
  ['an invalid order without a result', { results: [result(), executed] }, { lost: 1 }],
  [
    'an invalid order that was told to be done',
    { results: [...good.results, { ...errored, ResultId: '9.A.y.1:2', Sequence: 2, ProvisioningState: 'Executed' }] },
    { wrongState: 1 },
  ],
  [
    "an order's secret in a log line",
    { searched: [{ place: 'the log', text: `{"event":"x","reason":"${SECRET}"}\n${SECRET} again` }] },
    { leakedSecrets: 1 },
  ],
  [
    'the password of a connection in a row',
    { searched: [{ place: 'a row', text: '{"a":"connection-password"}' }] },
    { leakedSecrets: 1 },
  ],
  ['a token in a log line', { searched: [{ place: 'the log', text: 'Bearer abcdef.0123456' }] }, { leakedSecrets: 1 }],
  ['a reset without a result', { passwordResults: [refused] }, { lost: 1 }],
  [
    'a reset that was told to have failed',
    { passwordResults: [outcome({ State: 'Errored' }), refused] },
    { wrongState: 1 },
  ],
  [
    'a reset that was told as two passwords',
    { passwordResults: [outcome(), outcome({ SecretName: 'unused' }), refused] },
    { doubled: 1 },
  ],
  ['a password that the vault does not have', { passwords: new Map() }, { lost: 1 }],
  [
    'a user with another password than the vault',
    { users: [userOf({ user_password: hashPassword('another password') })] },
    { lost: 1 },
  ],
  ['a password that need not be changed', { users: [userOf({ password_needs_reset: 'false' })] }, { wrongState: 1 }],
  ['a plain password that nobody was told of', { passwordResults: [outcome()] }, { lost: 1 }],
  ['a plain password that is not in poison', { poisonedResets: [] }, { lost: 1 }],
  [
    'a plain password that was set',
    { passwordResults: [outcome(), { ...refused, State: 'Executed' }] },
    { wrongState: 1 },
  ],
  ['five refusals in a row', { failedLogins: 5 }, { failedLogins: 5 }],
];

test.for(MISSED)('%s is found', ([, changes, expected]) => {
  const verdict = after(changes);
  expect(verdict).toMatchObject({
    ...{ lost: 0, doubled: 0, wrongState: 0, leakedSecrets: 0, failedLogins: 1 },
    ...expected,
  });
  expect(whyItFails({ ...verdict, orders: 2, faults: {} }, ['kill'], [])).toHaveLength(1);
});

test.for([0, 1, 2])('a secret in Base64 is found, %d bytes into what was encoded', (before) => {
  const encoded = Buffer.from(`${'x'.repeat(before)}${SECRET} and more`).toString('base64');
  expect(after({ searched: [{ place: 'the log', text: `"${encoded}"` }] }).leakedSecrets).toBe(1);
});

test('a resolved ticket is done only where its type says so, and a type that nobody synchronizes is Verified', () => {
  const resolved = { ...ticket, record: { ...record, state: '6' } };
  expect(after({ tickets: [resolved] }).wrongState).toBe(1);
  const counts = { ...order, resourceType: { ...resolvable, connection: account.connection } };
  expect(judge({ ...plan, valid: [counts] }, { ...good, tickets: [resolved] }).findings).toEqual([]);
  const verified = judge({ ...plan, valid: [{ ...order, resourceType: badge }] }, good);
  expect(verified.findings.join()).toContain('should be Verified');
});

test('a run of many orders fails where a kind of fault did not come about, and any where something is left to do', () => {
  const { findings: _findings, ...verdict } = judge(plan, good);
  const figures = { ...verdict, faults: { kill: 1 } };
  expect(whyItFails({ ...figures, orders: 199 }, ['kill', 'accepted'], [])).toEqual([]);
  expect(whyItFails({ ...figures, orders: 200 }, ['kill', 'accepted'], [])).toEqual([
    'Expected every kind of fault to come about, but not accepted',
  ]);
  expect(whyItFails({ ...figures, orders: 2 }, ['kill'], ['3 messages'])).toEqual([
    'Expected everything to be done in the end, but there are 3 messages',
  ]);
});

const requested = RESOURCE_TYPES.find(({ parts }) => parts.length > 1) ?? account;
const own = (table: string, changes: object = {}) => ({
  connection: requested.connection,
  record: { ...record, sys_class_name: table, sys_id: table, state: '3', ...changes },
});
const item = own('sc_req_item', { sys_id: 'a' });
const whole = [item, own('sc_request'), own('sc_task')];

test.for([
  ['whole', whole, []],
  ['without its task', [item, own('sc_request')], ['lost: Added 7 (INC1) has 0 records in sc_task']],
  ['whose request has no key', [item, own('sc_request', { correlation_id: '' }), own('sc_task')], ['lost', 'doubled']],
  ['with two tasks', [...whole, own('sc_task', { sys_id: 'b' })], ['doubled']],
  ['beside an item that was ordered again', [...whole, own('sc_req_item', { sys_id: 'b' })], ['doubled']],
  ['beside an item that nobody marked', [...whole, own('sc_req_item', { correlation_id: '' })], ['doubled']],
  [
    'that was closed as incomplete',
    [{ ...item, record: { ...item.record, state: '4' } }, ...whole.slice(1)],
    ['wrong'],
  ],
] as const)('a request %s', ([_name, tickets, expected]) => {
  const { findings } = judge({ ...plan, valid: [{ ...order, resourceType: requested }] }, { ...good, tickets });
  expect(findings).toEqual(expected.map((beginning) => expect.stringContaining(beginning)));
});

test('a ticket that was deleted ends as Errored, whatever its state was', () => {
  const tickets = [{ ...ticket, record: { ...record, deleted: 'true' } }];
  expect(after({ tickets })).toMatchObject({ wrongState: 1, findings: expect.stringContaining('should be Errored') });
  const gone = result({ Sequence: 2, ProvisioningState: 'Errored' });
  expect(after({ tickets, results: [result(), gone, errored] })).toMatchObject({ wrongState: 0, findings: '' });
});
