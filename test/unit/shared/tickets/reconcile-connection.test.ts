import { expect, it } from 'vitest';
import { PermanentError } from '../../../../shared/errors.ts';
import { makeTableApi } from '../../../../shared/servicenow/table-api.ts';
import type { UnfinishedTicket } from '../../../../shared/tickets/ledger.ts';
import { makeReconcileConnection } from '../../../../shared/tickets/reconcile-connection.ts';
import { basicSettings } from '../doctor/servicenow/settings-of.ts';
import { manualClock } from '../manual-clock.ts';
import { memoryBlobs } from '../memory-blobs.ts';
import { recordingLog } from '../recording-log.ts';
import { instanceOf } from '../servicenow/instance-of.ts';
import { ledgerThat } from './rows.ts';

const { identifier: CONNECTION } = basicSettings({});
const HOUR_IN_MS = 3_600_000;
/** So long that an address has room for one sys_id. */
const SERVER = `https://${'a'.repeat(1_900)}/api/now/table`;

/** Open tickets of one connection; reading one of them takes as long as is said, and those named are gone. */
function connectionOf(count: number, readingInMs: number, gone: readonly string[] = []) {
  const clock = manualClock();
  const log = recordingLog();
  const openedAt = clock.now().toISOString();
  const tickets = Array.from({ length: count }, (_, index): UnfinishedTicket => {
    const row = {
      v: 1,
      State: 'open',
      TicketTable: 'incident',
      SysId: `id-${index}`,
      OrderedAt: openedAt,
      OpenedAt: openedAt,
      ResourceType: 'SAP_User',
    } as const;
    return { key: `key-${index}`, etag: '1', writtenAt: clock.now(), row };
  });
  const read: string[] = [];
  const ended: string[][] = [];
  const slow = { inMs: readingInMs };
  const blobs = memoryBlobs();
  const noRecords = async () => ({ result: [], headers: { date: clock.now().toUTCString(), 'x-total-count': '0' } });
  const instance = instanceOf(basicSettings({ server: SERVER }), makeTableApi(SERVER, noRecords));
  const see = (keys: readonly string[]) => {
    for (const [index, ticket] of tickets.entries())
      if (keys.includes(ticket.key))
        tickets[index] = { ...ticket, row: { ...ticket.row, SeenAt: clock.now().toISOString() } };
  };
  const reconcile = makeReconcileConnection({
    config: { installationId: 'local', reconcileAfterInMs: 6 * HOUR_IN_MS },
    mappings: {
      of: async () => [],
      connections: async () => [CONNECTION],
      find: () => Promise.reject(new PermanentError('not mapped any more')),
    },
    withPermit: (_instance, _purpose, call) => call(),
    ledger: ledgerThat(() => {}, {
      async *listUnfinished() {
        yield { tickets: [...tickets], readAt: clock.now() };
      },
    }),
    settle: async (_connection, stored) => stored,
    reconcileChunk: async (run, _table, chunk) => {
      clock.advance(slow.inMs);
      for (const ticket of chunk) {
        const { key } = ticket.listed;
        read.push(key);
        if (gone.includes(key)) run.gone.set(key, ticket);
        else see([key]);
      }
    },
    takeOver: async () => ({ came: 'left' }),
    endLost: async (run) => {
      ended.push([...run.gone.keys()]);
      return true;
    },
    reportStrangers: async () => {},
    state: blobs,
    clock,
    log,
  });
  const run = async () => {
    read.length = 0;
    await reconcile(instance);
    return { read: [...read], isComplete: log.events.at(-1)?.fields.isComplete };
  };
  return { run, clock, ended, slow, blobs, see };
}

it('a run that takes too long ends, concludes nothing, and the next one reads what is left', async () => {
  const { run, clock, ended } = connectionOf(4, 4 * 60_000, ['key-3']);
  clock.advance(7 * HOUR_IN_MS);
  expect(await run()).toEqual({ read: ['key-0', 'key-1'], isComplete: false });
  expect(ended).toEqual([]);
  // The last one is gone, and only the others that were not seen since are read as well.
  expect(await run()).toMatchObject({ read: ['key-2', 'key-3'], isComplete: false });
  expect(ended).toEqual([]);
});

it.each([
  { laterInMs: HOUR_IN_MS, rest: ['key-0', 'key-3', 'key-4'] },
  // By then all are due anyway, and what was counted is too old.
  { laterInMs: 7 * HOUR_IN_MS, rest: ['key-0', 'key-1', 'key-2', 'key-3', 'key-4'] },
])(
  'a count of what is gone is gone on with by the next run, unless it is too old ($rest)',
  async ({ laterInMs, rest }) => {
    const { run, clock, ended, slow, blobs, see } = connectionOf(5, 3 * 60_000, ['key-0']);
    // One is due, and only with the others is it known what it means that it is gone.
    clock.advance(5 * HOUR_IN_MS);
    see(['key-1', 'key-2', 'key-3', 'key-4']);
    clock.advance(2 * HOUR_IN_MS);
    expect(await run()).toEqual({ read: ['key-0', 'key-1', 'key-2'], isComplete: false });
    expect(ended).toEqual([]);
    slow.inMs = 1;
    clock.advance(laterInMs);
    expect(await run()).toEqual({ read: rest, isComplete: true });
    expect(ended).toEqual([['key-0']]);
    expect(blobs.blobs.get(`reconcile/${CONNECTION}.json`)?.text).not.toContain('CountingSince');
  },
);
