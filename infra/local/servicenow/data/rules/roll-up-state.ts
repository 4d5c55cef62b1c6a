import type { Row } from '../row.ts';
import { closedState, isClosed } from './closed-state.ts';

/**
 * The state by which the parts close the whole, or `undefined` while one of them is open: incomplete with one that is,
 * skipped when all are, else complete. Source: "State closure in the request fulfillment execution plan" of the product
 * documentation, which leaves open what some skipped ones among complete ones make.
 */
export function rollUpState(parts: readonly Row[]): string | undefined {
  if (!parts.every(isClosed)) return undefined;
  if (parts.some(({ state }) => state === closedState.incomplete)) return closedState.incomplete;
  return parts.every(({ state }) => state === closedState.skipped) ? closedState.skipped : closedState.complete;
}
