import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { claimEndsInSeconds, decideCreate, type IncomingOrder } from '../../../../shared/tickets/decide-create.ts';
import type { TicketRow } from '../../../../shared/tickets/ledger-row.ts';
import { deliveryRowOf, ORDER_KEY, READ_AT, storedOf, ticketRowOf, viewOf } from './rows.ts';

const OTHER_KEY = `393.M.${'1'.repeat(32)}`;
const DAY_1 = '2026-11-20T08:00:00.000Z#000000';
const DAY_2 = '2026-11-21T08:00:00.000Z#000000';
const DAY_3 = '2026-11-22T08:00:00.000Z#000000';

/** The order that comes: the delivery `first` is the one that made the row, any other is another sending. */
const first: IncomingOrder = { orderKey: ORDER_KEY, deliveryId: 'first', orderedAt: DAY_1 };
const another: IncomingOrder = { orderKey: ORDER_KEY, deliveryId: 'second', orderedAt: DAY_3 };

const decided = storedOf(deliveryRowOf());
/** A row whose claim of 1,000 s is this old. */
const row = (members: Partial<TicketRow>, ageInSeconds = 5_000) => storedOf(ticketRowOf(members), ageInSeconds);

describe('decideCreate, with nothing known', () => {
  it('claims the first generation', () => {
    expect(decideCreate(first, viewOf([]))).toEqual({ kind: 'claim', generation: 1, lookUpFirst: undefined });
  });

  it('does so too where the delivery was put back before', () => {
    const waiting = storedOf(deliveryRowOf({ State: 'waiting', TicketKey: undefined }));
    expect(decideCreate(first, viewOf([], [waiting]))).toMatchObject({ kind: 'claim', generation: 1 });
  });
});

describe('decideCreate, who comes to a row', () => {
  it.each([
    ['the delivery that claimed it', first],
    ['another delivery', another],
  ])('under a living claim: %s is put back until the claim ends', (_, order) => {
    const creating = row({ State: 'creating' }, 400);
    expect(decideCreate(order, viewOf([creating], [decided]))).toMatchObject({ kind: 'wait', seconds: 602 });
  });

  it('under a living claim nobody is ever finished, a delivery that is on record as absorbed neither', () => {
    const absorbed = storedOf(deliveryRowOf({ DeliveryId: 'second', Absorbed: true }));
    const creating = row({ State: 'creating' }, 400);
    expect(decideCreate(another, viewOf([creating], [absorbed]))).toMatchObject({ kind: 'wait' });
  });

  it.each([
    ['the delivery that claimed it', first],
    ['another delivery', another],
  ])('after the claim: %s takes over, and looks first', (_, order) => {
    const creating = row({ State: 'creating' });
    expect(decideCreate(order, viewOf([creating], [decided]))).toEqual({
      kind: 'takeOver',
      row: creating,
      lookUp: true,
    });
  });

  it.each([
    ['the delivery that claimed it', first],
    ['another delivery', another],
  ])('where the claim was given back, alive or not: %s takes over, and need not look', (_, order) => {
    for (const age of [0, 5_000]) {
      const givenBack = row({ State: 'creating', NotPosted: true }, age);
      expect(decideCreate(order, viewOf([givenBack], [decided]))).toEqual({
        kind: 'takeOver',
        row: givenBack,
        lookUp: false,
      });
    }
  });

  it.each(['open', 'closed', 'rejected'] as const)(
    'the same delivery at a row that is %s is a repeat; what is pending there is the caller’s to send',
    (State) => {
      const ticket = row({ State });
      expect(decideCreate(first, viewOf([ticket], [decided]))).toEqual({ kind: 'repeat', row: ticket });
    },
  );

  it('a delivery that was absorbed stays a repeat, of the very generation it was absorbed by', () => {
    const absorbed = storedOf(deliveryRowOf({ DeliveryId: 'second', Absorbed: true }));
    const tickets = [row({ State: 'closed' }), row({ State: 'open', Generation: 2 })];
    expect(decideCreate(another, viewOf(tickets, [decided, absorbed]))).toEqual({ kind: 'repeat', row: tickets[0] });
  });

  it('a delivery decided on whose row has gone is a repeat', () => {
    expect(decideCreate(first, viewOf([], [decided]))).toEqual({ kind: 'repeat', row: undefined });
  });

  it('another delivery at an open row makes no ticket', () => {
    const open = row({ State: 'open' });
    expect(decideCreate(another, viewOf([open], [decided]))).toEqual({ kind: 'absorb', row: open });
  });

  it.each(['closed', 'rejected'] as const)('another delivery at a row that is %s is the next generation', (State) => {
    expect(decideCreate(another, viewOf([row({ State })], [decided]))).toEqual({
      kind: 'claim',
      generation: 2,
      lookUpFirst: undefined,
    });
  });

  it('counts from the last generation, wherever it stands', () => {
    const generations = [10, 2, 9].map((Generation) => row({ State: 'closed', Generation }));
    expect(decideCreate(another, viewOf(generations))).toMatchObject({ kind: 'claim', generation: 11 });
    const open = row({ State: 'open', Generation: 11 });
    expect(decideCreate(another, viewOf([...generations, open]))).toEqual({ kind: 'absorb', row: open });
  });

  it('before a next generation a ticket is looked for that may have been made unclearly', () => {
    const rejected = row({ State: 'rejected', Unclear: true });
    expect(decideCreate(another, viewOf([rejected], [decided]))).toEqual({
      kind: 'claim',
      generation: 2,
      lookUpFirst: rejected,
    });
  });

  it('that look is not taken while the unclear ticket may still appear', () => {
    const rejected = row({ State: 'rejected', Unclear: true }, 400);
    expect(decideCreate(another, viewOf([rejected], [decided]))).toMatchObject({ kind: 'wait', seconds: 602 });
  });

  it('nobody waits for a rejected order that certainly has no ticket', () => {
    const rejected = row({ State: 'rejected', Unclear: false }, 0);
    expect(decideCreate(another, viewOf([rejected], [decided]))).toMatchObject({ kind: 'claim', generation: 2 });
  });
});

describe('decideCreate, with other orders of the assignment', () => {
  const other = (members: Partial<TicketRow>, age?: number) => row({ OrderKey: OTHER_KEY, ...members }, age);
  const open = row({ State: 'open', OrderedAt: DAY_1 });

  it.each(['open', 'closed', 'rejected', 'creating'] as const)(
    'an open ticket does not count when another order (%s) is newer than it: the next generation',
    (State) => {
      expect(decideCreate(another, viewOf([open, other({ State, OrderedAt: DAY_2 })]))).toEqual({
        kind: 'claim',
        generation: 2,
        lookUpFirst: undefined,
      });
    },
  );

  it('an open ticket counts when the other orders are older than it, or as old', () => {
    const newest = row({ State: 'open', OrderedAt: DAY_2 });
    const others = [
      other({ State: 'open', OrderedAt: DAY_1 }),
      other({ State: 'closed', OrderedAt: DAY_2, Generation: 2 }),
    ];
    expect(decideCreate(another, viewOf([...others, newest]))).toEqual({ kind: 'absorb', row: newest });
  });

  it('the place in the list tells which of two orders is newer', () => {
    const later = other({ State: 'open', OrderedAt: '2026-11-20T08:00:00.000Z#000001' });
    expect(decideCreate(another, viewOf([open, later]))).toMatchObject({ kind: 'claim', generation: 2 });
    const tenth = row({ State: 'open', OrderedAt: '2026-11-20T08:00:00.000Z#000010' });
    const ninth = other({ State: 'open', OrderedAt: '2026-11-20T08:00:00.000Z#000009' });
    expect(decideCreate(another, viewOf([tenth, ninth]))).toMatchObject({ kind: 'absorb' });
  });

  it('a late older order makes its ticket too', () => {
    expect(decideCreate(first, viewOf([other({ State: 'open', OrderedAt: DAY_3 })]))).toMatchObject({
      kind: 'claim',
      generation: 1,
    });
  });

  it('a repeat stays one, whatever came after it', () => {
    const newer = other({ State: 'open', OrderedAt: DAY_3 });
    expect(decideCreate(first, viewOf([open, newer], [decided]))).toEqual({ kind: 'repeat', row: open });
  });

  it.each<[string, IncomingOrder, TicketRow[]]>([
    ['a new order', first, []],
    ['another sending of a closed one', another, [ticketRowOf({ State: 'closed' })]],
    ['another sending of an open one', another, [ticketRowOf({ State: 'open' })]],
    ['another delivery that could take over', another, [ticketRowOf({ State: 'creating' })]],
    ['the very delivery that could take its own claim up again', first, [ticketRowOf({ State: 'creating' })]],
  ])('while another is being created, %s waits for its claim', (_, order, tickets) => {
    const living = other({ State: 'creating', ClaimSeconds: 500 }, 100);
    const view = viewOf([...tickets.map((ticket) => storedOf(ticket, 5_000)), living], tickets.length ? [decided] : []);
    expect(decideCreate(order, view)).toMatchObject({ kind: 'wait', seconds: 402 });
  });

  it('nobody waits for a claim that has ended or was given back', () => {
    const ended = other({ State: 'creating' }, 5_000);
    const givenBack = other({ State: 'creating', NotPosted: true, Generation: 2 }, 0);
    expect(decideCreate(first, viewOf([ended, givenBack]))).toMatchObject({ kind: 'claim', generation: 1 });
  });
});

describe('claimEndsInSeconds', () => {
  const claim = (ageInSeconds: number, members: Partial<TicketRow> = {}) =>
    claimEndsInSeconds(row({ State: 'creating', ...members }, ageInSeconds), READ_AT);

  it('counts from the row’s own writing, by storage’s clock, with two seconds for its grain', () => {
    expect(claim(0)).toBe(1_002);
    expect(claim(1_001.999)).toBeCloseTo(0.001);
    expect(claim(1_002)).toBeLessThanOrEqual(0);
  });

  it('has ended where the claim was given back', () => {
    expect(claim(0, { NotPosted: true })).toBe(0);
  });
});

describe('decideCreate, at any ledger', () => {
  const anyRow = fc.record({
    ticket: fc.record({
      State: fc.constantFrom('creating' as const, 'open' as const, 'closed' as const, 'rejected' as const),
      OrderKey: fc.constantFrom(ORDER_KEY, OTHER_KEY),
      Generation: fc.integer({ min: 1, max: 3 }),
      OrderedAt: fc.constantFrom(DAY_1, DAY_2, DAY_3),
      NotPosted: fc.boolean(),
      Unclear: fc.boolean(),
    }),
    age: fc.constantFrom(-5, 0, 999, 1_001, 1_002, 9_999),
  });
  const anyView = fc
    .tuple(
      fc.uniqueArray(anyRow, { maxLength: 6, selector: ({ ticket }) => `${ticket.OrderKey}.${ticket.Generation}` }),
      fc.uniqueArray(
        fc.record({
          DeliveryId: fc.constantFrom('first', 'second'),
          State: fc.constantFrom('waiting' as const, 'decided' as const),
          Absorbed: fc.boolean(),
          TicketKey: fc.constantFrom(`${ORDER_KEY}.1`, `${ORDER_KEY}.2`),
        }),
        { selector: ({ DeliveryId }) => DeliveryId },
      ),
    )
    .map(([tickets, deliveries]) =>
      viewOf(
        tickets.map(({ ticket, age }) => row(ticket, age)),
        deliveries.map((delivery) => storedOf(deliveryRowOf(delivery))),
      ),
    );

  it('always decides, and never against a living claim', () => {
    fc.assert(
      fc.property(anyView, fc.constantFrom(first, another), (view, order) => {
        const decision = decideCreate(order, view);
        const living = view.tickets.filter(
          (ticket) => ticket.row.State === 'creating' && claimEndsInSeconds(ticket, view.readAt) > 0,
        );
        switch (decision.kind) {
          case 'claim': {
            const own = view.tickets.filter((ticket) => ticket.row.OrderKey === order.orderKey);
            expect(decision.generation).toBe(Math.max(0, ...own.map((ticket) => ticket.row.Generation)) + 1);
            expect(living.map((ticket) => ticket.row.OrderKey)).not.toContain(OTHER_KEY);
            expect(own.map(({ row: { State } }) => State)).not.toContain('creating');
            // Any generation that was given up unclear may have a ticket, not the last one alone.
            const unclear = own.filter(({ row }) => row.State === 'rejected' && row.Unclear);
            const newest = Math.max(0, ...unclear.map(({ row }) => row.Generation));
            expect(decision.lookUpFirst?.row.Generation ?? 0).toBe(newest);
            break;
          }
          case 'takeOver':
            expect(living).not.toContain(decision.row);
            expect(living.map((ticket) => ticket.row.OrderKey)).not.toContain(OTHER_KEY);
            expect(decision.row.row.State).toBe('creating');
            expect(decision.lookUp).toBe(!decision.row.row.NotPosted);
            break;
          case 'wait':
            expect(decision.seconds).toBeGreaterThan(0);
            expect(decision.reason).not.toBe('');
            break;
          case 'absorb':
            expect(decision.row.row).toMatchObject({ State: 'open', OrderKey: order.orderKey });
            break;
          case 'repeat':
            expect(decision.row?.row.State).not.toBe('creating');
            break;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes an open ticket that another connector opened for the same, unless the account is only modified', () => {
    const open = (letter: string) =>
      storedOf(ticketRowOf({ Adopted: true, OrderKey: `393.${letter}.${'f'.repeat(32)}` }));
    const order = (letter: string) => ({ ...first, orderKey: `393.${letter}.${'0'.repeat(32)}` });
    for (const letter of ['A', 'D'])
      expect(decideCreate(order(letter), viewOf([open(letter)]))).toMatchObject({ kind: 'absorb' });
    expect(decideCreate(order('M'), viewOf([open('M')]))).toMatchObject({ kind: 'claim' });
    expect(decideCreate(order('D'), viewOf([open('A')]))).toMatchObject({ kind: 'claim' });
    const { row } = open('A');
    expect(decideCreate(order('A'), viewOf([storedOf({ ...row, State: 'closed' })]))).toMatchObject({ kind: 'claim' });
  });
});
