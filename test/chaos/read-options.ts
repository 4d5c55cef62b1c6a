import { parseArgs } from 'node:util';
import { FAULT_KINDS, type FaultKind, isFaultKind } from './plan/fault-kinds.ts';

/** What to play. */
export interface ChaosOptions {
  readonly orders: number;
  readonly seed: number;
  readonly faults: readonly FaultKind[];
  readonly hosts: number;
  readonly json: boolean;
  /** Whether a run that succeeds keeps its log too. */
  readonly keep: boolean;
}

export const USAGE = `Usage: npm run chaos -- --orders <n> [--seed <s>] [--faults <kind,kind,…>] [--hosts <n>] [--json] [--keep]
Kinds of fault: ${FAULT_KINDS.join(', ')}`;

const LARGEST_SEED = 2 ** 31 - 1;

/** Reads the arguments. @throws Error that says what was expected. */
export function readOptions(args: readonly string[], random: () => number): ChaosOptions {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { orders: text, seed: text, faults: text, hosts: text, json: flag, keep: flag },
  });
  const names = values.faults?.split(',').map((name) => name.trim()) ?? FAULT_KINDS;
  const unknown = names.filter((name) => !isFaultKind(name));
  if (unknown.length > 0) throw new Error(`--faults: expected kinds of fault, got ${unknown.join(', ')}`);
  return {
    orders: numberIn('orders', values.orders ?? '200', 1, 100_000),
    seed:
      values.seed === undefined ? Math.floor(random() * LARGEST_SEED) : numberIn('seed', values.seed, 0, LARGEST_SEED),
    faults: FAULT_KINDS.filter((kind) => names.includes(kind)),
    hosts: numberIn('hosts', values.hosts ?? '3', 1, 16),
    json: values.json,
    keep: values.keep,
  };
}

function numberIn(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new Error(`--${name}: expected a whole number from ${least} to ${most}, got "${text}"`);
  return value;
}
