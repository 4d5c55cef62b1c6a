import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '../../../../shared/clock.ts';
import { type EntityTable, entityTable } from '../../../../shared/storage/entity-table.ts';
import { keyOf, type Ledger, makeLedger, type UnfinishedTicket } from '../../../../shared/tickets/ledger.ts';
import { ticketRowOf } from '../../../unit/shared/tickets/rows.ts';
import { type StartedStorage, startStorage } from '../storage/start-storage.ts';

let storage: StartedStorage;
let table: EntityTable;
let ledger: Ledger;

beforeAll(async () => {
  storage = await startStorage();
  await storage.table('tickets').createTable();
  table = entityTable(storage.tableUrl, 'tickets', storage.loadCredential);
  ledger = makeLedger(table, systemClock);
});
afterAll(() => storage.close());

const row = (number: number, columns: Parameters<typeof ticketRowOf>[0] = {}) =>
  ticketRowOf({ OrderKey: `a${number}.A.${'0'.repeat(32)}`, AssignmentId: `a${number}`, ...columns });

async function listed(partition: string): Promise<UnfinishedTicket[]> {
  const all: UnfinishedTicket[] = [];
  for await (const { tickets } of ledger.listUnfinished(partition)) all.push(...tickets);
  return all;
}

test('the list of unfinished tickets tells of each what a list shows, and no longer of what is finished', async () => {
  const opened = row(1, { State: 'open', Number: 'INC1', TicketState: '2', OpenedAt: '2026-11-23T10:00:00.000Z' });
  await ledger.write('list', { ticket: { row: opened } });
  await ledger.write('list', { ticket: { row: row(2, { State: 'closed', Pending: '{}' }) } });
  await ledger.write('list', { ticket: { row: row(3, { State: 'closed' }) } });
  const first = await listed('list');
  expect(first.map(({ key, row: { HasPending } }) => ({ key, HasPending }))).toEqual([
    { key: keyOf(opened), HasPending: false },
    { key: keyOf(row(2)), HasPending: true },
  ]);
  expect(first[0]?.row).toMatchObject({
    Number: 'INC1',
    TicketState: '2',
    OpenedAt: opened.OpenedAt,
    AssignmentId: 'a1',
  });
  const stored = await ledger.readTicket('list', keyOf(opened));
  await ledger.write('list', { ticket: { row: { ...opened, State: 'closed' }, previous: stored } });
  expect((await listed('list')).map(({ key }) => key)).toEqual([keyOf(row(2))]);
});

test('a list longer than what storage gives at a time comes whole, page by page', async () => {
  for (let start = 0; start < 1_200; start += 100) {
    await table.commit(
      'long',
      Array.from({ length: 100 }, (_, index) => ({
        kind: 'insert',
        rowKey: `_unfinished.${String(start + index).padStart(5, '0')}`,
        columns: { v: 1, State: 'open', TicketTable: 'incident', OrderedAt: '', ResourceType: 'T' },
      })),
    );
  }
  const pages: number[] = [];
  for await (const { tickets, readAt } of ledger.listUnfinished('long')) {
    expect(readAt.getTime()).toBeGreaterThan(0);
    pages.push(tickets.length);
  }
  expect(pages.length).toBeGreaterThan(1);
  expect(pages.reduce((sum, length) => sum + length, 0)).toBe(1_200);
});

test('tickets are marked as seen, but for one that has gone further meanwhile', async () => {
  for (let number = 0; number < 150; number += 1)
    await ledger.write('seen', { ticket: { row: row(number, { State: 'open' }) } });
  const seen = await listed('seen');
  const finished = await ledger.readTicket('seen', keyOf(row(7)));
  await ledger.write('seen', { ticket: { row: row(7, { State: 'closed' }), previous: finished } });
  await ledger.mark('seen', seen, { SeenAt: '2026-11-24T10:00:00.000Z' });
  const after = await listed('seen');
  expect(after).toHaveLength(149);
  expect(new Set(after.map(({ row: { SeenAt } }) => SeenAt))).toEqual(new Set(['2026-11-24T10:00:00.000Z']));
});
