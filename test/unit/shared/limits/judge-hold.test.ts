import { describe, expect, it } from 'vitest';
import type { HoldColumns, HoldKind } from '../../../../shared/limits/hold-rows.ts';
import {
  isInTheWay,
  isStricter,
  judgeProbe,
  type ProbeOutcome,
  type ProbeVerdict,
  probeDueInMs,
  quietAfter,
} from '../../../../shared/limits/judge-hold.ts';

function columnsOf(members: Partial<HoldColumns> = {}): HoldColumns {
  return {
    v: 1,
    Connection: 'Help',
    ResourceType: '',
    Kind: 'refused',
    Id: 'one',
    Reason: 'no',
    Since: '2026-11-23T10:00:00.000Z',
    EndedAt: '',
    EndedBy: '',
    Causes: '',
    Holder: '',
    QuietInMs: 30_000,
    Probes: 0,
    ...members,
  };
}

describe('judgeProbe', () => {
  it.each<[HoldKind, ProbeOutcome, ProbeVerdict]>([
    ['refused', 'created', 'over'],
    ['refused', 'accountRefused', 'failed'],
    ['refused', 'orderRefused', 'over'],
    ['refused', 'notFound', 'later'],
    ['refused', 'notAsked', 'atOnce'],
    ['refused', 'unclear', 'later'],
    ['refusals', 'created', 'over'],
    ['refusals', 'accountRefused', 'later'],
    ['refusals', 'orderRefused', 'failed'],
    ['refusals', 'notFound', 'later'],
    ['refusals', 'notAsked', 'atOnce'],
    ['refusals', 'unclear', 'later'],
    ['reference', 'created', 'over'],
    ['reference', 'accountRefused', 'later'],
    ['reference', 'orderRefused', 'over'],
    ['reference', 'notFound', 'failed'],
    ['reference', 'notAsked', 'atOnce'],
    ['reference', 'unclear', 'later'],
    ['refused', 'unfinished', 'later'],
    ['refusals', 'unfinished', 'later'],
    ['reference', 'unfinished', 'later'],
    ['unfinished', 'created', 'over'],
    ['unfinished', 'accountRefused', 'later'],
    ['unfinished', 'orderRefused', 'later'],
    ['unfinished', 'notFound', 'later'],
    ['unfinished', 'unfinished', 'failed'],
    ['unfinished', 'notAsked', 'atOnce'],
    ['unfinished', 'unclear', 'later'],
  ])('of a hold because of %s, an order that was %s: %s', (kind, outcome, verdict) => {
    expect(judgeProbe(kind, outcome)).toBe(verdict);
  });
});

describe('isStricter', () => {
  it.each<[HoldKind, HoldKind, boolean]>([
    ['changed', 'refusals', true],
    ['changed', 'unfinished', true],
    ['changed', 'changed', false],
    ['refusals', 'changed', false],
    ['refusals', 'reference', false],
    ['unfinished', 'refusals', true],
    ['unfinished', 'unfinished', false],
    ['unfinished', 'changed', false],
    ['refusals', 'unfinished', false],
  ])('a hold because of %s takes the place of one because of %s: %s', (kind, than, expected) => {
    expect(isStricter(kind, than)).toBe(expected);
  });
});

describe('isInTheWay', () => {
  const order = { connection: 'Help', resourceType: 'SAP_User' };

  it.each([
    ['on its connection', {}, true],
    ['on its resource type', { ResourceType: 'SAP_User' }, true],
    ['on another resource type', { ResourceType: 'AD_User' }, false],
    ['on another connection', { Connection: 'Other' }, false],
    ['on its resource type at another connection', { Connection: 'Other', ResourceType: 'SAP_User' }, false],
    ['that has ended', { EndedAt: '2026-11-23T11:00:00.000Z' }, false],
  ])('a hold %s', (_, members, is) => {
    expect(isInTheWay(columnsOf(members), order)).toBe(is);
  });
});

describe('probeDueInMs', () => {
  const row = (members: Partial<HoldColumns>, ageInMs: number) => ({
    columns: columnsOf(members),
    rowKey: 'x',
    etag: '1',
    ageInMs,
  });

  it('counts from when the row was written, by storage, and on from when it was read, by this machine', () => {
    expect(probeDueInMs(row({}, 10_000), 5_000)).toBe(15_000);
    expect(probeDueInMs(row({}, 20_000), 10_000)).toBe(0);
  });

  it.each(['pause', 'changed'] as const)('never comes where an operator has to end it: %s', (Kind) => {
    expect(probeDueInMs(row({ Kind }, 9_999_999), 0)).toBe(Number.POSITIVE_INFINITY);
  });
});

it.each([
  [0, 30_000],
  [1, 60_000],
  [4, 480_000],
  [5, 900_000],
  [5_000, 900_000],
])('after %i failed probes nobody probes for %i ms', (probes, quietInMs) => {
  expect(quietAfter(probes, 30_000, 900_000)).toBe(quietInMs);
});
