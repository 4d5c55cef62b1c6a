/** An order nested deeper than this is refused: no order Identity Manager writes comes near, and JSON readers give up somewhere. */
export const DEEPEST_ORDER = 32;

/** Whether a value holds lists or objects more than `most` levels deep, itself counted. Looks no deeper than that. */
export function isNestedOver(most: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return most === 0 || Object.values(value).some((member) => isNestedOver(most - 1, member));
}

/**
 * What stands before the JSON of an order that is kept as text. The platform parses every text in a message that is JSON,
 * and then walks it until its stack is full.
 */
const KEPT_AS_TEXT = 'Nested too deeply: ';

/** An order as it is, or as text where it is nested too deeply: what is nested in no way fits everywhere. */
export function boundNesting(order: unknown): unknown {
  return isNestedOver(DEEPEST_ORDER, order) ? `${KEPT_AS_TEXT}${toJson(order)}` : order;
}

/** The order that `boundNesting` kept as text; anything else as it is. */
export function unboundNesting(order: unknown): unknown {
  if (typeof order !== 'string' || !order.startsWith(KEPT_AS_TEXT)) return order;
  try {
    return JSON.parse(order.slice(KEPT_AS_TEXT.length));
  } catch {
    return order;
  }
}

/** JSON text of a value nested however deep: `JSON.stringify` gives up after some thousand levels. */
function toJson(value: unknown): string {
  const text: string[] = [];
  // What is still to be written, the next one last.
  const left: ({ readonly value: unknown } | { readonly text: string })[] = [{ value }];
  for (let next = left.pop(); next; next = left.pop()) {
    if ('text' in next) text.push(next.text);
    else if (typeof next.value !== 'object' || next.value === null) text.push(JSON.stringify(next.value) ?? 'null');
    else if (Array.isArray(next.value)) {
      text.push('[');
      left.push({ text: ']' });
      for (const [index, item] of [...next.value.entries()].reverse()) {
        left.push({ value: item });
        if (index > 0) left.push({ text: ',' });
      }
    } else {
      text.push('{');
      left.push({ text: '}' });
      for (const [index, [name, member]] of [...Object.entries(next.value).entries()].reverse()) {
        left.push({ value: member }, { text: `${index > 0 ? ',' : ''}${JSON.stringify(name)}:` });
      }
    }
  }
  return text.join('');
}
