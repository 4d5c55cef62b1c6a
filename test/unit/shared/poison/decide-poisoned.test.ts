import { describe, expect, it } from 'vitest';
import { decidePoisoned } from '../../../../shared/poison/decide-poisoned.ts';
import type { Envelope } from '../../../../shared/provisioning/envelope.ts';

const poisonedAt = new Date('2026-11-23T10:00:00.000Z');
const week = new Date('2026-11-30T10:00:00.000Z');
const envelope: Envelope = {
  v: 1,
  Order: { a: 1 },
  DeliveryId: 'one',
  OrderedAt: '2026-11-23T09:00:00.000Z#000000',
  Attempt: 2,
  WaitedSeconds: 60,
};
const decide = (members: Partial<Envelope>, expiresAt: Date | undefined) =>
  decidePoisoned({ id: 'message-1', envelope: { ...envelope, ...members }, poisonedAt, expiresAt });

describe('decidePoisoned', () => {
  it.each([{}, { PutBack: true }, { Unsure: true }])('leaves to the operator what never expires (%o)', (members) => {
    expect(decide(members, undefined)).toEqual({ kind: 'leave' });
  });

  it.each([{}, { PutBack: false }])('puts back what the platform gave up for the first time (%o)', (members) => {
    const deferred = { Reason: 'ServiceNow was away', NotBefore: '2026-11-23T09:30:00.000Z', Unsure: true };
    expect(decide({ ...members, ...deferred }, week)).toEqual({
      kind: 'putBack',
      envelope: { ...envelope, Unsure: true, PutBack: true },
    });
  });

  it('keeps what the platform gave up again, and says so', () => {
    expect(decide({ PutBack: true }, week)).toEqual({
      kind: 'keep',
      envelope: { ...envelope, PutBack: true, Reason: expect.stringContaining('gave it up again') },
    });
  });

  it('decides the same about what it decided before', () => {
    const first = decide({}, week);
    expect(first.kind === 'putBack' && decide(first.envelope, week).kind).toBe('keep');
    const second = decide({ PutBack: true }, week);
    expect(second.kind === 'keep' && decide(second.envelope, undefined)).toEqual({ kind: 'leave' });
  });
});
