import { inspect } from 'node:util';

/** Everything that can be reached from a value: hidden properties, causes, and what a class would rather not show. */
export function everythingIn(value: unknown): string {
  return inspect(value, {
    depth: Number.POSITIVE_INFINITY,
    showHidden: true,
    customInspect: false,
    getters: true,
    maxArrayLength: null,
    maxStringLength: null,
  });
}
