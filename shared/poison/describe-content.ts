import { isSecretName, neutralLine } from '../neutral-text.ts';
import { ordersIn } from '../provisioning/envelope.ts';
import { unboundNesting } from '../provisioning/nesting.ts';
import { shownValue } from '../tickets/shown-value.ts';
import { summarizeAny } from './poisoned-message.ts';

const MOST_ORDERS = 50;
const MOST_LINES = 200;
const LONGEST_VALUE = 500;
const DEEPEST = 40;

/**
 * A message's content for an operator, a line each: of a list its orders, of a single order every value under its path.
 * Neutral text; what is called like a secret is not shown, nor what lies below it. Pure and total.
 */
export function describeContent(content: unknown): string[] {
  const { list, orders } = ordersIn(content);
  if (!list || orders.length === 1) return cut([...valuesIn([], '', unboundNesting(orders[0]))], MOST_LINES);
  return cut(orders.map(summarizeAny), MOST_ORDERS);
}

function* valuesIn(path: readonly string[], name: string, value: unknown): Generator<string> {
  const line = (text: string) => [path.join('.'), text].filter((part) => part !== '').join(': ');
  if (typeof value !== 'object' || value === null || isSecretName(name)) {
    yield line(neutralLine(shownValue(name, value, LONGEST_VALUE), LONGEST_VALUE));
    return;
  }
  const entries = Object.entries(value);
  if (entries.length === 0 || path.length === DEEPEST) yield line(entries.length === 0 ? '(empty)' : '…');
  if (path.length === DEEPEST) return;
  for (const [member, of] of entries) {
    // The values of a list have the list's name.
    yield* valuesIn([...path, neutralLine(member, 100)], Array.isArray(value) ? name : member, of);
  }
}

function cut(lines: readonly string[], most: number): string[] {
  return lines.length <= most ? [...lines] : [...lines.slice(0, most), `… and ${lines.length - most} more`];
}
