import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type OutcomeOptions, outcomeOf } from '../../../../shared/tickets/outcome.ts';
import { ownRules } from '../../../../shared/tickets/state-maps.ts';

const closed = {
  number: 'INC0010001',
  state: '7',
  active: 'false',
  close_code: 'Solution provided',
  close_notes: 'Done',
  sys_created_by: 'connector.api',
  'closed_by.user_name': 'ann',
  'closed_by.name': 'Ann Agent',
  'resolved_by.name': '',
};
const INCIDENTS: OutcomeOptions = { table: 'incident', ownRules: [], resolvedCounts: false, includeCloseNotes: true };
const ITEMS: OutcomeOptions = { ...INCIDENTS, table: 'sc_req_item' };
const kindOf = (members: Readonly<Record<string, string>>, resolvedCounts = false) =>
  outcomeOf({ ...closed, ...members }, { ...INCIDENTS, resolvedCounts }).kind;

describe('outcomeOf', () => {
  it.each([
    ['1', 'New', 'open', 'open'],
    ['2', 'In Progress', 'open', 'open'],
    ['3', 'On Hold', 'open', 'open'],
    ['6', 'Resolved', 'open', 'done'],
    ['7', 'Closed', 'done', 'done'],
    ['8', 'Canceled', 'failed', 'failed'],
  ])('state %s (%s) is %s, and %s where resolved counts', (state, _, kind, kindWhereResolvedCounts) => {
    const active = state === '7' || state === '8' ? 'false' : 'true';
    expect(kindOf({ state, active })).toBe(kind);
    expect(kindOf({ state, active }, true)).toBe(kindWhereResolvedCounts);
  });

  it.each([
    'Duplicate',
    'User error',
    'Not Solved (Not Reproducible)',
    'Not Solved (Too Costly)',
    'Cancelled',
    'Canceled',
    ' duplicate ',
    'USER ERROR',
  ])('close code %j says that it was not done', (code) => {
    expect(kindOf({ close_code: code })).toBe('failed');
    expect(kindOf({ close_code: code, state: '6', active: 'true' }, true)).toBe('failed');
    expect(kindOf({ close_code: code, state: '6', active: 'true' }, false)).toBe('open');
  });

  it.each([
    'Known error',
    'Resolved by caller',
    'Resolved by change',
    'Resolved by problem',
    'Solution provided',
    'Workaround provided',
    'Solved (Permanently)',
    'Closed/Resolved by Caller',
    'Something new',
    '',
  ])('close code %j is no word against it', (code) => {
    expect(kindOf({ close_code: code })).toBe('done');
  });

  it('a closing by our own account is never done, nor is a resolving where that counts', () => {
    expect(kindOf({ 'closed_by.user_name': 'connector.api' })).toBe('failed');
    expect(kindOf({ 'closed_by.user_name': '' })).toBe('done');
    expect(kindOf({ 'closed_by.user_name': '', sys_created_by: '' })).toBe('done');
    const resolved = { state: '6', active: 'true', 'closed_by.user_name': '' };
    expect(kindOf({ ...resolved, 'resolved_by.user_name': 'connector.api' }, true)).toBe('failed');
    expect(kindOf({ ...resolved, 'resolved_by.user_name': 'ann' }, true)).toBe('done');
    expect(kindOf({ ...resolved, 'resolved_by.user_name': 'connector.api' }, false)).toBe('open');
  });

  it('says what to do about a closing by our own account, which a flow or a person may have used', () => {
    const { text } = outcomeOf({ ...closed, 'closed_by.user_name': 'connector.api' }, INCIDENTS);
    expect(text).toMatch(/^INC0010001 was closed by the connector's own account \(connector\.api\)/);
    expect(text).toMatch(/give the connector an account of its own, with which no flow and no person closes tickets$/);
  });

  it('a ticket resolved by us and closed by a person is a person’s word', () => {
    expect(kindOf({ 'resolved_by.user_name': 'connector.api' })).toBe('done');
  });

  it('a state it does not know is open while the ticket is active, and failed when it is not, with the state named', () => {
    expect(kindOf({ state: '42', active: 'true' })).toBe('open');
    expect(outcomeOf({ ...closed, state: '42' }, INCIDENTS)).toEqual({
      kind: 'failed',
      text: expect.stringContaining('state 42'),
    });
  });

  it('compares states by value, never by label', () => {
    expect(kindOf({ state: 'Closed', active: 'true' })).toBe('open');
  });

  it('says what, who, with which code and why', () => {
    expect(outcomeOf(closed, INCIDENTS).text).toBe('INC0010001 Closed by Ann Agent (Solution provided): Done');
    expect(outcomeOf({ ...closed, state: '8', close_code: '', close_notes: '' }, INCIDENTS).text).toBe(
      'INC0010001 Canceled by Ann Agent',
    );
    expect(outcomeOf({ number: 'INC1', state: '2', active: 'true' }, INCIDENTS).text).toBe(
      'INC1 is open (In Progress)',
    );
  });

  it('masks and cuts the close notes', () => {
    const { text } = outcomeOf(
      { ...closed, close_notes: `password: S3cr3t\n[code]<b>[/code] ${'x'.repeat(5_000)}` },
      INCIDENTS,
    );
    expect(text).not.toMatch(/S3cr3t|\[code\]|\n/);
    expect(text.length).toBeLessThan(700);
  });

  it('has an outcome for every record, an empty one too', () => {
    expect(outcomeOf({}, { ...INCIDENTS, resolvedCounts: true }).kind).toBe('open');
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('state', 'active', 'close_code', 'close_notes', 'number'), fc.string()),
        fc.boolean(),
        (record, resolvedCounts) => {
          expect(['open', 'done', 'failed']).toContain(outcomeOf(record, { ...INCIDENTS, resolvedCounts }).kind);
        },
      ),
    );
  });

  it('leaves the close notes out where the mapping says so, and keeps who and with which code', () => {
    expect(outcomeOf(closed, { ...INCIDENTS, includeCloseNotes: false }).text).toBe(
      'INC0010001 Closed by Ann Agent (Solution provided)',
    );
  });

  it('tells which parent it was closed with, and only where the parent is closed', () => {
    const child = { ...closed, close_code: '', close_notes: '', 'parent_incident.number': 'INC9' };
    const textOf = (state: string) => outcomeOf({ ...child, 'parent_incident.state': state }, INCIDENTS);
    expect(textOf('7')).toEqual({ kind: 'done', text: 'INC0010001 Closed by Ann Agent together with INC9' });
    expect(textOf('2').text).toBe('INC0010001 Closed by Ann Agent');
  });

  describe("with a mapping's StateMap", () => {
    const kindBy = (members: Readonly<Record<string, string>>, ...StateMap: Parameters<typeof rule>[0][]) =>
      outcomeOf({ ...closed, ...members }, { ...INCIDENTS, ownRules: ownRules({ StateMap: StateMap.map(rule) }) }).kind;
    const rule = (members: {
      State?: string;
      CloseCode?: string[];
      Approval?: string;
      ClosedThroughParent?: boolean;
      ProvisioningState: 'Transmitted' | 'Executed' | 'Verified' | 'Errored';
    }) => members;

    it('its rules come first, in their order, each with all of its conditions', () => {
      expect(kindBy({}, { State: '7', ProvisioningState: 'Errored' })).toBe('failed');
      expect(
        kindBy({}, { State: '7', ProvisioningState: 'Verified' }, { State: '7', ProvisioningState: 'Errored' }),
      ).toBe('verified');
      const both = { State: '7', CloseCode: [' known ERROR '], ProvisioningState: 'Errored' } as const;
      expect(kindBy({ close_code: 'Known error' }, { ...both, CloseCode: [...both.CloseCode] })).toBe('failed');
      expect(kindBy({}, { ...both, CloseCode: [...both.CloseCode] })).toBe('done');
      expect(kindBy({ state: '3', active: 'true' }, { State: '3', ProvisioningState: 'Executed' })).toBe('done');
    });

    it('a close code of its own is done, though the defaults say it is not', () => {
      expect(kindBy({ close_code: 'Duplicate' }, { CloseCode: ['Duplicate'], ProvisioningState: 'Executed' })).toBe(
        'done',
      );
    });

    it('a ticket that it calls open is open, no longer active as it may be', () => {
      expect(kindBy({ state: '42' }, { State: '42', ProvisioningState: 'Transmitted' })).toBe('open');
    });

    it('what was closed with its parent can mean something else', () => {
      const parent = { 'parent_incident.number': 'INC9', 'parent_incident.state': '7' };
      const through = { ClosedThroughParent: true, ProvisioningState: 'Errored' } as const;
      expect(kindBy(parent, through)).toBe('failed');
      expect(kindBy({}, through)).toBe('done');
      expect(kindBy({}, { ClosedThroughParent: false, ProvisioningState: 'Errored' })).toBe('failed');
    });

    it('a closing by our own account is never done by it either', () => {
      const done = { State: '7', ProvisioningState: 'Verified' } as const;
      expect(kindBy({ 'closed_by.user_name': 'connector.api' }, done)).toBe('failed');
    });
  });

  describe('of a requested item', () => {
    const item = { number: 'RITM1', state: '2', active: 'true', approval: 'approved', 'request.number': 'REQ1' };
    const outcome = (members: Readonly<Record<string, string>>) => outcomeOf({ ...item, ...members }, ITEMS);

    it.each([
      ['-5', 'open', 'RITM1 is open (Pending)'],
      ['1', 'open', 'RITM1 is open (Open)'],
      ['2', 'open', 'RITM1 is open (Work in Progress)'],
      ['3', 'done', 'RITM1 Closed Complete'],
      ['4', 'failed', 'RITM1 Closed Incomplete'],
      ['7', 'failed', 'RITM1 Closed Skipped'],
    ])('state %s is %s, whatever became of active', (state, kind, text) => {
      expect(outcome({ state })).toEqual({ kind, text });
      if (kind !== 'open') expect(outcome({ state, active: 'false' })).toEqual({ kind, text });
    });

    it('a rejected one failed, its own approval or its request as it may be, and somebody may have said why', () => {
      expect(outcome({ state: '4', active: 'false', approval: 'rejected' })).toEqual({
        kind: 'failed',
        text: 'RITM1 Rejected',
        isRejection: true,
      });
      expect(outcome({ 'request.request_state': 'closed_rejected' })).toMatchObject({ isRejection: true });
    });

    it('what a cancelled request leaves undone failed, and what was complete before is done', () => {
      expect(outcome({ 'request.request_state': 'closed_cancelled' })).toEqual({
        kind: 'failed',
        text: 'RITM1 Cancelled',
      });
      expect(outcome({ 'request.request_state': 'closed_cancelled', state: '3' }).kind).toBe('done');
      expect(outcome({ 'request.request_state': 'closed_complete' }).kind).toBe('open');
    });
  });
});
