import { expect, it } from 'vitest';
import { decideLoss } from '../../../../shared/tickets/decide-loss.ts';

it.each([
  ['nothing is gone', { open: 10_000, gone: 0, foreignGrowth: 500 }, 'conclude'],
  ['five of few are', { open: 6, gone: 5, foreignGrowth: 0 }, 'conclude'],
  ['six of few are', { open: 6, gone: 6, foreignGrowth: 0 }, 'hold'],
  ['2 % of many are', { open: 10_000, gone: 200, foreignGrowth: 0 }, 'conclude'],
  ['more of many are', { open: 10_000, gone: 201, foreignGrowth: 0 }, 'hold'],
  ['all of a handful are, and others came instead', { open: 3, gone: 3, foreignGrowth: 3 }, 'hold'],
  ['one of a handful is, and others came', { open: 3, gone: 1, foreignGrowth: 3 }, 'conclude'],
] as const)('where %s: %s leads to "%s"', (_what, counted, decision) => {
  expect(decideLoss(counted)).toBe(decision);
});
