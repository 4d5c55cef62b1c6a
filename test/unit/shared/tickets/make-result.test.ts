import { expect, it } from 'vitest';
import { parse } from '../../../../shared/parse.ts';
import { provisioningResult } from '../../../../shared/provisioning/result.ts';
import { makeResult } from '../../../../shared/tickets/make-result.ts';
import { ORDER_KEY, ticketRowOf } from './rows.ts';

const at = new Date('2026-11-23T10:00:00.000Z');
const change = { state: 'Executed', message: 'INC1 Closed', at } as const;
const ticket = { Number: 'INC1', SysId: 'a1', Url: 'https://x/a1', TicketState: '1' };

it('tells everything that Identity Manager needs, by the documented names', () => {
  const ended = { ...ticket, TicketState: '7', ResolvedBy: 'Rob', ClosedBy: 'Ann' };
  const row = ticketRowOf({ ...ended, Generation: 2, Sequence: 3, TraceParent: '00-trace' });
  const result = makeResult(row, change);
  expect(result).toEqual({
    v: 1,
    ResultId: `${ORDER_KEY}.2:3`,
    Sequence: 3,
    Generation: 2,
    OrderKey: ORDER_KEY,
    OrderedAt: '2026-11-20T08:00:00.000Z#000000',
    AssignmentId: '393',
    ChangeType: 'Added',
    OwnerId: '21511',
    OwnerType: '51',
    ResourceType: 'SAP_User',
    ProvisioningState: 'Executed',
    Message: 'INC1 Closed',
    OccurredAt: '2026-11-23T10:00:00.000Z',
    TraceParent: '00-trace',
    Ticket: {
      Connection: 'Help',
      Table: 'incident',
      Number: 'INC1',
      SysId: 'a1',
      Url: 'https://x/a1',
      State: '7',
      ResolvedBy: 'Rob',
      ClosedBy: 'Ann',
    },
  });
  expect(parse(provisioningResult, result)).toEqual({ ok: true, value: result });
});

it('leaves out what nobody knows: a ticket that was not made, people who did nothing', () => {
  expect(makeResult(ticketRowOf(), change)).not.toHaveProperty('Ticket');
  expect(makeResult(ticketRowOf(), change)).not.toHaveProperty('TraceParent');
  const { Ticket } = makeResult(ticketRowOf(ticket), change);
  expect(Ticket).toEqual({
    Connection: 'Help',
    Table: 'incident',
    Number: 'INC1',
    SysId: 'a1',
    Url: 'https://x/a1',
    State: '1',
  });
});
