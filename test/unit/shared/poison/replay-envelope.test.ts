import { describe, expect, it } from 'vitest';
import { replayEnvelope } from '../../../../shared/poison/replay-envelope.ts';
import type { Envelope } from '../../../../shared/provisioning/envelope.ts';

const poisoned: Envelope = {
  v: 1,
  Order: { a: 1 },
  DeliveryId: 'file.json.0',
  OrderedAt: '2026-11-20T08:00:00.000Z#000003',
  Attempt: 7,
  WaitedSeconds: 4_000,
  NotBefore: '2026-11-21T08:00:00.000Z',
  Unsure: true,
  Reason: 'no such caller',
  TraceParent: '00-1',
};

describe('replayEnvelope', () => {
  it('makes a new delivery of the same order that starts afresh', () => {
    expect(replayEnvelope(poisoned)).toEqual({
      v: 1,
      Order: { a: 1 },
      DeliveryId: 'file.json.0~r1',
      OrderedAt: '2026-11-20T08:00:00.000Z#000003',
      Attempt: 0,
      WaitedSeconds: 0,
      Replay: 1,
      TraceParent: '00-1',
    });
  });

  it('is the same for every replay of the same message, and counts on when that comes back', () => {
    const first = replayEnvelope(poisoned);
    expect(replayEnvelope(poisoned).DeliveryId).toBe(first.DeliveryId);
    const second = replayEnvelope({ ...first, Reason: 'again' });
    expect(second).toMatchObject({ DeliveryId: 'file.json.0~r2', Replay: 2 });
    expect(replayEnvelope(second)).toMatchObject({ DeliveryId: 'file.json.0~r3', Replay: 3 });
  });

  it('never gives an order of a replayed list the name of its list or of another order', () => {
    const child = replayEnvelope({ ...poisoned, DeliveryId: 'list~r1.0', Replay: 1 });
    expect(child.DeliveryId).toBe('list~r1.0~r2');
    expect(replayEnvelope(child).DeliveryId).toBe('list~r1.0~r3');
  });

  it('does not take a name for a replay that only looks like one', () => {
    expect(replayEnvelope({ ...poisoned, DeliveryId: 'my~r1' }).DeliveryId).toBe('my~r1~r1');
    expect(replayEnvelope({ ...poisoned, Replay: -3 })).toMatchObject({ DeliveryId: 'file.json.0~r1', Replay: 1 });
  });
});
