import { describe, expect, it } from 'vitest';
import type { MessageQueue } from '../../../../shared/storage/message-queue.ts';
import type { LedgerChange } from '../../../../shared/tickets/ledger.ts';
import { makeResult } from '../../../../shared/tickets/make-result.ts';
import { makeSettlePending } from '../../../../shared/tickets/settle-pending.ts';
import { recordingLog } from '../recording-log.ts';
import { ledgerThat, storedOf, ticketRowOf } from './rows.ts';

const row = ticketRowOf({ State: 'rejected', ProvisioningState: 'Errored' });
const result = makeResult(row, { state: 'Errored', message: 'Bond’s own words', at: new Date(0) });
const envelope = { v: 1, Order: { Owner: 'Élise' }, DeliveryId: 'first', Reason: 'no mapping' };
const Pending = JSON.stringify(result);
const PoisonPending = Buffer.from(JSON.stringify(envelope), 'utf8');

/** Everything that is done, in order; what `fails` is named throws when it is done. */
function settling(fails?: string) {
  const steps: [string, unknown][] = [];
  const step = async (name: string, what: unknown) => {
    steps.push([name, what]);
    if (name === fails) throw new Error(`${name} is away`);
  };
  const queue = (name: string): MessageQueue => ({ send: (body) => step(name, body) });
  const log = recordingLog();
  const ledger = ledgerThat((_, change: LedgerChange) => step('write', change.ticket?.row));
  return { steps, log, settle: makeSettlePending({ ledger, results: queue('result'), poison: queue('poison'), log }) };
}

describe('makeSettlePending', () => {
  it('sends the result, then the order into poison, and only then says that nothing is pending', async () => {
    const { steps, settle } = settling();
    const stored = storedOf({ ...row, Pending, PoisonPending });
    const settled = await settle('Help', stored);
    expect(steps).toEqual([
      ['result', result],
      ['poison', envelope],
      ['write', row],
    ]);
    expect(settled).toEqual({ row, etag: 'etag-1', writtenAt: stored.writtenAt });
  });

  it.each([
    [{ Pending }, ['result', 'write']],
    [{ PoisonPending }, ['poison', 'write']],
    [{}, []],
  ])('does no more than is pending', async (pending, names) => {
    const { steps, settle } = settling();
    await settle('Help', storedOf({ ...row, ...pending }));
    expect(steps.map(([name]) => name)).toEqual(names);
  });

  it.each([
    ['result', ['result']],
    ['poison', ['result', 'poison']],
    ['write', ['result', 'poison', 'write']],
  ])('leaves all of it pending where %s fails: twice is better than never', async (fails, names) => {
    const { steps, settle } = settling(fails);
    await expect(settle('Help', storedOf({ ...row, Pending, PoisonPending }))).rejects.toThrow(`${fails} is away`);
    expect(steps.map(([name]) => name)).toEqual(names);
  });

  it('says in the log that a result was sent, without its words', async () => {
    const { log, settle } = settling();
    await settle('Help', storedOf({ ...row, Pending }));
    expect(log.events).toMatchObject([{ level: 'info', event: 'result.sent', fields: { resultId: result.ResultId } }]);
    expect(JSON.stringify(log.events)).not.toContain('Bond');
  });
});
