import { describe, expect, it } from 'vitest';
import { parseJson } from '../../../../shared/parse.ts';
import { provisioningResult } from '../../../../shared/provisioning/result.ts';
import { decideFollow } from '../../../../shared/tickets/decide-follow.ts';
import type { TicketRow } from '../../../../shared/tickets/ledger-row.ts';
import type { Outcome } from '../../../../shared/tickets/outcome.ts';
import { ORDER_KEY, ticketRowOf } from './rows.ts';

const open: Outcome = { kind: 'open', text: 'INC1 is open' };
const done: Outcome = { kind: 'done', text: 'INC1 Closed by Ann' };
const failed: Outcome = { kind: 'failed', text: 'INC1 Canceled' };

const record = { sys_id: 'a1', number: 'INC1', state: '7', sys_mod_count: '5', 'closed_by.name': 'Ann Agent' };
const followed: Partial<TicketRow> = { SysId: 'a1', Number: 'INC1', SeenModCount: 3, TicketState: '1' };
const NOW = new Date('2026-11-23T10:00:00.000Z');
const ROOT = 'https://acme.service-now.com';

const decide = (
  row: Partial<TicketRow>,
  outcome: Outcome,
  of: Record<string, string> = {},
  synchronizationFollows = true,
) =>
  decideFollow(ticketRowOf({ ...followed, ...row }), { ...record, ...of }, outcome, {
    synchronizationFollows,
    root: ROOT,
    now: NOW,
  });

describe('decideFollow', () => {
  it.each<[string, Partial<TicketRow>, Outcome, boolean, TicketRow['State'], string]>([
    ['closed', {}, done, true, 'closed', 'Executed'],
    ['closed, where no synchronization will confirm it', {}, done, false, 'closed', 'Verified'],
    ['cancelled', {}, failed, true, 'closed', 'Errored'],
    ['cancelled, where no synchronization would confirm it', {}, failed, false, 'closed', 'Errored'],
    [
      'reopened after it was done',
      { State: 'closed', ProvisioningState: 'Executed' },
      open,
      true,
      'open',
      'Transmitted',
    ],
    ['reopened after it failed', { State: 'closed', ProvisioningState: 'Errored' }, open, true, 'open', 'Transmitted'],
    ['closed otherwise', { State: 'closed', ProvisioningState: 'Executed' }, failed, true, 'closed', 'Errored'],
    ['found late, open', { State: 'rejected', ProvisioningState: 'Errored' }, open, true, 'open', 'Transmitted'],
    ['found late, closed', { State: 'rejected', ProvisioningState: 'Errored' }, done, true, 'closed', 'Executed'],
    ['found late, cancelled', { State: 'rejected', ProvisioningState: 'Errored' }, failed, true, 'closed', 'Errored'],
  ])(
    'a ticket that was %s changes the row, with the result pending in it',
    (_, row, outcome, follows, State, state) => {
      const decision = decide({ ...row, Sequence: 4 }, outcome, {}, follows);
      if (decision.kind !== 'changed') throw new Error(`Expected a change, got ${decision.kind}`);
      expect(decision.row).toMatchObject({
        State,
        ProvisioningState: state,
        Sequence: 5,
        SysId: 'a1',
        Number: 'INC1',
        TicketState: '7',
        SeenModCount: 5,
      });
      expect(parseJson(provisioningResult, decision.row.Pending ?? '')).toMatchObject({
        ok: true,
        value: {
          ResultId: `${ORDER_KEY}.1:5`,
          Sequence: 5,
          ProvisioningState: state,
          Message: outcome.text,
          OccurredAt: NOW.toISOString(),
          Ticket: { Number: 'INC1', State: '7', ClosedBy: 'Ann Agent' },
        },
      });
    },
  );

  it.each<[string, Partial<TicketRow>, Outcome]>([
    ['open and still so', {}, open],
    ['done and still so', { State: 'closed', ProvisioningState: 'Executed' }, done],
    ['failed and still so', { State: 'closed', ProvisioningState: 'Errored' }, failed],
    ['being created: its row is somebody else’s', { State: 'creating' }, done],
  ])('a ticket that is %s changes nothing', (_, row, outcome) => {
    expect(decide({ TicketState: '7', ...row }, outcome)).toEqual({ kind: 'nothing' });
  });

  it('believes no reading older than the one it acted on', () => {
    expect(decide({ SeenModCount: 6 }, done)).toEqual({ kind: 'nothing' });
    expect(decide({ SeenModCount: 5 }, done).kind).toBe('changed');
    expect(decide({ SeenModCount: 9 }, done, { sys_mod_count: '10' }).kind).toBe('changed');
  });

  it('never follows a second ticket of the same key', () => {
    expect(decide({ SysId: 'a2' }, done)).toEqual({ kind: 'doubled' });
  });

  it.each<[string, Partial<TicketRow>, Record<string, string>]>([
    ['it is on hold', {}, { state: '3' }],
    ['it waits for approval', { TicketState: '7' }, { approval: 'requested' }],
  ])('writes down, and sends nothing, where %s', (_, row, of) => {
    const decision = decide(row, open, of);
    if (decision.kind !== 'seen') throw new Error(`Expected to have seen something, got ${decision.kind}`);
    expect(decision.row).toMatchObject({ SeenAt: NOW.toISOString(), SeenModCount: 5, Sequence: 1 });
    expect(decision.row.TicketState).toBe(of.state ?? '7');
    expect(decision.row.TicketApproval).toBe(of.approval);
    expect(decision.row.Pending).toBeUndefined();
  });

  it('keeps who resolved and who closed it, with which code, and forgets it when it is reopened', () => {
    const ended = decide({}, done, { close_code: 'Known error', 'resolved_by.name': 'Rob\nHelper' });
    if (ended.kind !== 'changed') throw new Error(`Expected a change, got ${ended.kind}`);
    expect(ended.row).toMatchObject({ CloseCode: 'Known error', ResolvedBy: 'Rob Helper', ClosedBy: 'Ann Agent' });
    const reopened = decide(ended.row, open, { sys_mod_count: '6', 'closed_by.name': '' });
    if (reopened.kind !== 'changed') throw new Error(`Expected a change, got ${reopened.kind}`);
    for (const member of ['CloseCode', 'ResolvedBy', 'ClosedBy'] as const) expect(reopened.row[member]).toBeUndefined();
  });

  describe('an order that was given up while its ticket is open', () => {
    const expired: Partial<TicketRow> = { State: 'closed', ProvisioningState: 'Errored', ExpiredAt: NOW.toISOString() };

    it('stays so while nobody ends the ticket', () => {
      expect(decide({ ...expired, TicketState: '7' }, open)).toEqual({ kind: 'nothing' });
      expect(decide(expired, open, { state: '2' }).kind).toBe('seen');
    });

    it('still gets its result when the ticket is closed, and is reopened as any other then', () => {
      const decision = decide(expired, done);
      if (decision.kind !== 'changed') throw new Error(`Expected a change, got ${decision.kind}`);
      expect(decision.row).toMatchObject({ ProvisioningState: 'Executed', State: 'closed' });
      expect(decide(decision.row, open, { sys_mod_count: '6' }).kind).toBe('changed');
    });
  });

  it('an outcome that needs no synchronization is Verified, whatever the mapping says', () => {
    const decision = decide({}, { kind: 'verified', text: 'INC1 Closed' });
    if (decision.kind !== 'changed') throw new Error(`Expected a change, got ${decision.kind}`);
    expect(decision.row.ProvisioningState).toBe('Verified');
  });
});
