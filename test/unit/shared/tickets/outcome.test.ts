import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outcomeOf } from '../../../../shared/tickets/outcome.ts';

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
const kindOf = (members: Readonly<Record<string, string>>, resolvedCounts = false) =>
  outcomeOf({ ...closed, ...members }, { table: 'incident', resolvedCounts }).kind;

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
    const { text } = outcomeOf(
      { ...closed, 'closed_by.user_name': 'connector.api' },
      { table: 'incident', resolvedCounts: false },
    );
    expect(text).toMatch(/^INC0010001 was closed by the connector's own account \(connector\.api\)/);
    expect(text).toMatch(/give the connector an account of its own, with which no flow and no person closes tickets$/);
  });

  it('a ticket resolved by us and closed by a person is a person’s word', () => {
    expect(kindOf({ 'resolved_by.user_name': 'connector.api' })).toBe('done');
  });

  it('a state it does not know is open while the ticket is active, and failed when it is not, with the state named', () => {
    expect(kindOf({ state: '42', active: 'true' })).toBe('open');
    expect(outcomeOf({ ...closed, state: '42' }, { table: 'incident', resolvedCounts: false })).toEqual({
      kind: 'failed',
      text: expect.stringContaining('state 42'),
    });
  });

  it('compares states by value, never by label', () => {
    expect(kindOf({ state: 'Closed', active: 'true' })).toBe('open');
  });

  it('says what, who, with which code and why', () => {
    expect(outcomeOf(closed, { table: 'incident', resolvedCounts: false }).text).toBe(
      'INC0010001 Closed by Ann Agent (Solution provided): Done',
    );
    expect(
      outcomeOf(
        { ...closed, state: '8', close_code: '', close_notes: '' },
        { table: 'incident', resolvedCounts: false },
      ).text,
    ).toBe('INC0010001 Canceled by Ann Agent');
    expect(
      outcomeOf({ number: 'INC1', state: '2', active: 'true' }, { table: 'incident', resolvedCounts: false }).text,
    ).toBe('INC1 is open');
  });

  it('masks and cuts the close notes', () => {
    const { text } = outcomeOf(
      { ...closed, close_notes: `password: S3cr3t\n[code]<b>[/code] ${'x'.repeat(5_000)}` },
      { table: 'incident', resolvedCounts: false },
    );
    expect(text).not.toMatch(/S3cr3t|\[code\]|\n/);
    expect(text.length).toBeLessThan(700);
  });

  it('has an outcome for every record, an empty one too', () => {
    expect(outcomeOf({}, { table: 'incident', resolvedCounts: true }).kind).toBe('open');
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('state', 'active', 'close_code', 'close_notes', 'number'), fc.string()),
        fc.boolean(),
        (record, resolvedCounts) => {
          expect(['open', 'done', 'failed']).toContain(outcomeOf(record, { table: 'incident', resolvedCounts }).kind);
        },
      ),
    );
  });
});
