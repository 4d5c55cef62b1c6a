import { describe, expect, it } from 'vitest';
import { makeTrackRecord } from '../../../../shared/limits/track-record.ts';
import { manualClock } from '../manual-clock.ts';

describe('makeTrackRecord', () => {
  it('knows whether a scope succeeded lately', () => {
    const clock = manualClock();
    const track = makeTrackRecord(clock.monotonicInMs);
    expect(track.succeedsLately('Help', 1_000)).toBe(false);
    track.succeeded('Help');
    clock.advance(1_000);
    expect(track.succeedsLately('Help', 1_000)).toBe(true);
    expect(track.succeedsLately('Other', 1_000)).toBe(false);
    clock.advance(1);
    expect(track.succeedsLately('Help', 1_000)).toBe(false);
  });

  it('counts the same refusal running; another one or a success begins anew', () => {
    const track = makeTrackRecord(manualClock().monotonicInMs);
    expect([1, 2, 3].map(() => track.refused('type A', 'no'))).toEqual([1, 2, 3]);
    expect(track.refused('type B', 'no')).toBe(1);
    expect(track.refused('type A', 'never')).toBe(1);
    expect(track.refused('type A', 'no')).toBe(1);
    track.succeeded('type A');
    expect(track.refused('type A', 'no')).toBe(1);
    expect(track.refused('type B', 'no')).toBe(2);
  });
});
