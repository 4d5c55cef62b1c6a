import { describe, expect, it } from 'vitest';
import type { Failure } from '../../../../shared/errors.ts';
import { type Execution, ServiceNowError } from '../../../../shared/servicenow/servicenow-error.ts';
import { toServiceNowTime } from '../../../../shared/servicenow/servicenow-time.ts';
import { isNothingOrdered } from '../../../../shared/tickets/is-nothing-ordered.ts';
import { contextOf } from '../doctor/servicenow/context-of.ts';
import { fakeTables } from '../doctor/servicenow/fake-tables.ts';
import { manualClock } from '../manual-clock.ts';

/** The instance's clock is hours from ours. */
const SERVED_AT = new Date('2026-11-23T15:00:00Z');
const ago = (seconds: number) => toServiceNowTime(new Date(SERVED_AT.getTime() - seconds * 1000));
const item = (seconds: number, more: object = {}) => ({
  sys_id: 's',
  cat_item: 'i1',
  sys_created_on: ago(seconds),
  correlation_display: '',
  ...more,
});
const accountRefused: Failure = { class: 'hold', scope: 'connection Help', found: 'accountRefused' };
const refusal = (failure: Failure, execution: Execution = 'ended') =>
  new ServiceNowError('no', { failure, execution, status: 403 });
const BY_RULE = refusal({ class: 'permanent' });

async function isNothing(answer: Parameters<typeof fakeTables>[0][string], refused = BY_RULE): Promise<boolean> {
  const clock = manualClock();
  const claim = { askedAt: clock.now(), askedAtInMs: clock.monotonicInMs(), writtenAtInMs: 0, lengthInMs: 1 };
  const { instance } = contextOf({ tables: fakeTables({ sc_req_item: answer }) });
  await clock.sleep(10_000);
  return isNothingOrdered(instance, 'i1', claim, refused, clock);
}
const page = (records: Record<string, string>[], totalCount: number | undefined = records.length) => ({
  records,
  totalCount,
  servedAt: SERVED_AT,
});

describe('isNothingOrdered', () => {
  it.each<[what: string, answer: Parameters<typeof fakeTables>[0][string], expected: boolean]>([
    ['nobody ordered the item', page([]), true],
    ['it was ordered before the claim', page([item(80)]), true],
    ['it was ordered since the claim', page([item(5)]), false],
    ['it was ordered about when the order was claimed', page([item(60)]), false],
    ['all that was ordered since is the ticket of other orders', page([item(5, { correlation_display: 'x' })]), true],
    ['an item shows no time', page([item(80, { sys_created_on: '' })]), false],
    ['an item is hidden', page([], 1), false],
    ['the instance does not say how many there are', { ...page([]), totalCount: undefined }, false],
    ['the instance gives other items, so it did not understand', page([item(80, { cat_item: 'i2' })]), false],
  ])('where %s: %s', async (_what, answer, expected) => {
    expect(await isNothing(answer)).toBe(expected);
  });

  it('is sure where reading is refused to the account as ordering was, and only there', async () => {
    expect(await isNothing(refusal(accountRefused), refusal(accountRefused))).toBe(true);
    for (const [reading, ordering] of [
      [refusal(accountRefused), BY_RULE],
      [BY_RULE, refusal(accountRefused)],
      [refusal(accountRefused, 'unknown'), refusal(accountRefused)],
      [refusal({ class: 'transient' }, 'unknown'), refusal(accountRefused)],
    ] as const)
      await expect(isNothing(reading, ordering)).rejects.toThrow(ServiceNowError);
  });
});
