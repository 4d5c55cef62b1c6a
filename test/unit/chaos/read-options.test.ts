import { expect, test } from 'vitest';
import { FAULT_KINDS } from '../../chaos/plan/fault-kinds.ts';
import { readOptions } from '../../chaos/read-options.ts';

test('without arguments a run has 200 orders, a random seed, every kind of fault and three hosts', () => {
  expect(readOptions([], () => 0.5)).toEqual({
    orders: 200,
    seed: 1_073_741_823,
    faults: FAULT_KINDS,
    hosts: 3,
    json: false,
    keep: false,
  });
});

test('every argument is taken', () => {
  const args = ['--orders', '60', '--seed', '7', '--faults', 'late-commit, kill', '--hosts', '2', '--json', '--keep'];
  expect(readOptions(args, () => 0)).toEqual({
    orders: 60,
    seed: 7,
    faults: ['kill', 'late-commit'],
    hosts: 2,
    json: true,
    keep: true,
  });
});

test.for([
  [['--orders', '0'], '--orders: expected a whole number from 1 to 100000, got "0"'],
  [['--orders', 'many'], 'got "many"'],
  [['--seed', '-1'], 'seed'],
  [['--hosts', '17'], '--hosts: expected a whole number from 1 to 16'],
  [['--faults', 'kill,earthquake'], '--faults: expected kinds of fault, got earthquake'],
  [['--ordres', '3'], 'ordres'],
] as const)('%s is refused', ([args, message]) => {
  expect(() => readOptions(args, () => 0)).toThrow(message);
});
