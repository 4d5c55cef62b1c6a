import { diceFor, from, weighted } from './dice.ts';
import { type FaultKind, faultKind } from './fault-kinds.ts';
import type { PlannedFault } from './plan.ts';

/** One fault to about so many orders, and never fewer than one of each kind. */
const ORDERS_TO_A_FAULT = 8;
/** What begins after the last orders would meet nothing; the first fault of each kind is sure to meet something. */
const LATEST = 0.85;
const LATEST_OF_FIRST = 0.6;

/** Draws what goes wrong, in the order of time. Pure: the same for the same seed. */
export function planFaults(seed: number, orders: number, kinds: readonly FaultKind[]): PlannedFault[] {
  const dice = diceFor(seed, 2);
  const [first, ...others] = kinds.flatMap((kind) => {
    const { weight, draw } = faultKind(kind);
    return draw ? [{ kind, weight, draw }] : [];
  });
  if (first === undefined) return [];
  const more = Math.max(0, Math.round(orders / ORDERS_TO_A_FAULT) - others.length - 1);
  const drawn = Array.from({ length: more }, () => weighted(dice, [first, ...others]));
  return [first, ...others, ...drawn]
    .map(({ kind, draw }, index) => ({
      kind,
      deed: draw(dice),
      afterOrders: from(dice, 0, Math.floor(orders * (index <= others.length ? LATEST_OF_FIRST : LATEST))),
    }))
    .toSorted((one, other) => one.afterOrders - other.afterOrders);
}
