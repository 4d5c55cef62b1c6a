import * as z from 'zod/mini';
import { isSecretName, neutralLine } from '../neutral-text.ts';
import { parseJson } from '../parse.ts';
import { ordersIn } from '../provisioning/envelope.ts';
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
  if (!list || orders.length === 1) return cut([...valuesIn([], '', unfold(orders[0]))], MOST_LINES);
  return cut(orders.map(summarizeAny), MOST_ORDERS);
}

/** An order that was nested too deeply is kept as its JSON text; a secret in it is none the less one. */
function unfold(order: unknown): unknown {
  if (typeof order !== 'string') return order;
  const parsed = parseJson(z.unknown(), order);
  return parsed.ok ? parsed.value : order;
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
