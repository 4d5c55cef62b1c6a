import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideDraw, isBraked } from '../../../../shared/limits/decide-draw.ts';

const TODAY = '2026-11-23';
const NOW = '2026-11-23T10:00:00.000Z';
const at = (limit: number) => ({ today: TODAY, limit, alert: 'alert-1', now: NOW });
const day = (members: object = {}) => ({ Day: TODAY, Drawn: 0, Extra: 0, Alert: '', Since: '', ...members });

describe('decideDraw', () => {
  it.each([
    ['the first of a day', undefined, 2_000, 20],
    ['of a day that was', day({ Day: '2026-11-22', Drawn: 2_000 }), 2_000, 20],
    ['with much left', day({ Drawn: 1_000 }), 2_000, 10],
    ['with less left', day({ Drawn: 1_700 }), 2_000, 3],
    ['with little left', day({ Drawn: 1_981 }), 2_000, 1],
    ['the last one', day({ Drawn: 1_999 }), 2_000, 1],
    ['of a small limit', undefined, 3, 1],
    ['after a release', day({ Drawn: 2_000, Extra: 1 }), 2_000, 20],
  ])('draws %s', (_, before, limit, block) => {
    const drawn = before?.Day === TODAY ? before.Drawn : 0;
    expect(decideDraw(before, at(limit))).toMatchObject({
      kind: 'draw',
      block,
      columns: { Day: TODAY, Drawn: drawn + block },
    });
  });

  it('draws nothing where the limit is reached, and says so once', () => {
    const full = day({ Drawn: 3 });
    const first = decideDraw(full, at(3));
    expect(first).toEqual({ kind: 'braked', columns: { ...full, Alert: 'alert-1', Since: NOW } });
    const told = day({ Drawn: 3, Alert: 'alert-0', Since: NOW });
    expect(decideDraw(told, at(3))).toEqual({ kind: 'braked', columns: undefined });
  });

  it('tells of the first draw after a day on which the limit was reached', () => {
    const before = day({ Day: '2026-11-22', Drawn: 3, Alert: 'alert-0', Since: '2026-11-22T09:00:00.000Z' });
    expect(decideDraw(before, at(3))).toMatchObject({
      endedSince: '2026-11-22T09:00:00.000Z',
      columns: { Alert: '', Extra: 0 },
    });
    expect(decideDraw(day({ Day: '2026-11-22' }), at(3))).toMatchObject({ endedSince: undefined });
    const released = day({ Drawn: 3, Extra: 1, Since: NOW });
    expect(decideDraw(released, at(3))).toMatchObject({ endedSince: NOW, columns: { Since: '' } });
  });

  it('goes on with a day that another clock has begun, and never back', () => {
    const tomorrow = day({ Day: '2026-11-24', Drawn: 3 });
    expect(decideDraw(tomorrow, at(3))).toMatchObject({ kind: 'braked' });
    expect(decideDraw(tomorrow, at(5))).toMatchObject({ columns: { Day: '2026-11-24', Drawn: 4 } });
  });

  it('whatever is drawn, the limit is reached and never exceeded', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), fc.nat(2), (limit, Extra) => {
        let row = day({ Extra });
        for (;;) {
          const decision = decideDraw(row, at(limit));
          if (decision.kind === 'braked') break;
          expect(decision.block).toBeGreaterThan(0);
          row = { ...decision.columns };
          expect(row.Drawn).toBeLessThanOrEqual(limit * (1 + Extra));
        }
        expect(row.Drawn).toBe(limit * (1 + Extra));
      }),
    );
  });
});

it.each([
  ['nothing was drawn', undefined, false],
  ['less was drawn', day({ Drawn: 2 }), false],
  ['the limit was drawn', day({ Drawn: 3 }), true],
  ['more was, for the limit was lowered', day({ Drawn: 9 }), true],
  ['an operator released it', day({ Drawn: 3, Extra: 1 }), false],
  ['it was on another day', day({ Day: '2026-11-22', Drawn: 3 }), false],
])('isBraked, where %s', (_, row, is) => {
  expect(isBraked(row, TODAY, 3)).toBe(is);
});
