/** An order nested deeper than this is refused: no order Identity Manager writes comes near, and JSON readers give up somewhere. */
export const DEEPEST_ORDER = 32;

/** Whether a value holds lists or objects more than `most` levels deep, itself counted. Looks no deeper than that. */
export function isNestedOver(most: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return most === 0 || Object.values(value).some((member) => isNestedOver(most - 1, member));
}

/** An order as it is, or the JSON text of one that is nested too deeply: what is nested in no way fits everywhere. */
export function boundNesting(order: unknown): unknown {
  return isNestedOver(DEEPEST_ORDER, order) ? toJson(order) : order;
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
