import { expect, it } from 'vitest';
import { makePageSize } from '../../../../shared/exports/page-size.ts';
import { sweep } from '../../../../shared/exports/sweep.ts';
import { basicSettings } from '../doctor/servicenow/settings-of.ts';
import { instanceOf } from '../servicenow/instance-of.ts';
import { tableOf } from './table-of.ts';

const idOf = (index: number) => String(index).padStart(32, '0');
const KNOWN = 25_000;

function sweepOf(gone: readonly number[], hidden: readonly number[] = [], added: readonly string[] = []) {
  const there = Array.from({ length: KNOWN }, (_, index) => idOf(index)).filter((_, index) => !gone.includes(index));
  const { tables, calls } = tableOf(there, hidden.map(idOf));
  const known = {
    async *complete() {
      for (let index = 0; index < KNOWN; index += 1) yield { sys_id: idOf(index) };
    },
    async *incremental() {},
    added: new Set(added),
  };
  const run = (from?: string, isTimeUp = () => false) =>
    sweep(instanceOf(basicSettings(), tables), { table: 'sys_user', filter: undefined, from, isTimeUp }, known, {
      size: makePageSize(10_000),
      readPage: (call) => call(),
    });
  return { run, calls };
}

it('finds what is not there any more, in a call for each ten thousand', async () => {
  const { run, calls } = sweepOf([0, 9_999, 10_000, 24_999], [], [idOf(7), idOf(900_000)]);
  const { gone, isOver, reasons } = await run();
  expect([...gone].sort()).toEqual([...[0, 9_999, 10_000, 24_999].map(idOf), idOf(900_000)].sort());
  expect({ isOver, reasons, calls: calls() }).toEqual({ isOver: true, reasons: [], calls: 4 });
});

it('stops where the time is up, and goes on from there', async () => {
  const { run } = sweepOf([5, 15_000, 24_000]);
  const first = await run(undefined, () => true);
  expect([...first.gone]).toEqual([idOf(5)]);
  expect(first).toMatchObject({ isOver: false, to: idOf(9_999) });
  const second = await run(first.to);
  expect([...second.gone]).toEqual([idOf(15_000), idOf(24_000)]);
  expect(second.isOver).toBe(true);
});

it('concludes nothing where rows are hidden from the account', async () => {
  const { run } = sweepOf([5, 24_000], [7]);
  const { gone, reasons } = await run();
  expect([...gone]).toEqual([idOf(24_000)]);
  expect(reasons).toEqual([expect.stringMatching(/^1 rows are hidden/)]);
});
