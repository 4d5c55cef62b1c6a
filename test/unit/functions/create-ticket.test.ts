import { InvocationContext } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { makeCreateTicketHandler } from '../../../functions/create-ticket.ts';
import { invocationLog } from '../../../functions/invocation-log.ts';
import { makePollTicketsHandler } from '../../../functions/poll-tickets.ts';
import type { Envelope } from '../../../shared/provisioning/envelope.ts';

const NOW = new Date('2026-11-23T10:00:00.000Z');

function contextOf(functionName: string) {
  const lines: string[] = [];
  const context = new InvocationContext({
    functionName,
    invocationId: functionName,
    logHandler: (level, ...parts) => void lines.push(`${level} ${parts.join(' ')}`),
    triggerMetadata: { id: 'message-1', insertionTime: '2026-11-20T08:15:30+00:00' },
    traceContext: { traceParent: '00-trace' },
  });
  return { context, lines };
}

describe('createTicket', () => {
  it('hands on the message in an envelope, with what the platform knows of it', async () => {
    const received: Envelope[] = [];
    const handle = makeCreateTicketHandler(
      async (envelope) => void received.push(envelope),
      () => NOW,
    );
    await handle({ a: 1 }, contextOf('createTicket').context);
    expect(received).toMatchObject([
      { Order: { a: 1 }, OrderedAt: '2026-11-20T08:15:30.000Z#000000', TraceParent: '00-trace' },
    ]);
  });

  it('fails where the receiving fails, so that the platform keeps the message', async () => {
    const handle = makeCreateTicketHandler(
      () => Promise.reject(new Error('a bug')),
      () => NOW,
    );
    await expect(handle({}, contextOf('createTicket').context)).rejects.toThrow('a bug');
  });
});

describe('invocationLog', () => {
  it('writes into the invocation that is running, however many run at the same time', async () => {
    const poll = contextOf('poll');
    const create = contextOf('create');
    const handlePoll = makePollTicketsHandler(async () => {
      await Promise.resolve();
      invocationLog.info('poll.finished', { connection: 'Help' });
    });
    const handleCreate = makeCreateTicketHandler(
      async () => {
        await Promise.resolve();
        invocationLog.warn('order.held');
        invocationLog.error('order.rejected');
      },
      () => NOW,
    );
    const timer = {
      isPastDue: false,
      scheduleStatus: { last: '', next: '', lastUpdated: '' },
      schedule: { adjustForDST: false },
    };
    await Promise.all([handlePoll(timer, poll.context), handleCreate({}, create.context)]);
    expect(poll.lines).toEqual(['information {"event":"poll.finished","connection":"Help"}']);
    expect(create.lines).toEqual(['warning {"event":"order.held"}', 'error {"event":"order.rejected"}']);
  });

  it('is silent outside of any', () => {
    expect(() => invocationLog.info('poll.finished')).not.toThrow();
  });
});
