import { expect, it } from 'vitest';
import { makeHolds } from '../../../../shared/limits/holds.ts';

it('holds a scope with the first reason, and no other scope', () => {
  const holds = makeHolds();
  holds.place('resource type A', 'first');
  holds.place('resource type A', 'second');
  expect(holds.reasonFor('resource type A')).toBe('first');
  expect(holds.reasonFor('resource type B')).toBeUndefined();
});
