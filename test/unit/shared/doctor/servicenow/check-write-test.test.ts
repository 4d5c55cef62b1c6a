import { describe, expect, it } from 'vitest';
import { checkWriteTest, describeMade } from '../../../../../shared/doctor/servicenow/check-write-test.ts';
import { HoldError } from '../../../../../shared/errors.ts';
import { type Execution, ServiceNowError } from '../../../../../shared/servicenow/servicenow-error.ts';
import type { ServiceNowRecord, TableApi } from '../../../../../shared/servicenow/table-api.ts';
import { contextOf } from './context-of.ts';
import { fakeTables } from './fake-tables.ts';

const GROUPS = [{ sys_id: 'g1', name: 'Service Desk', active: 'true' }];
const failing = (execution: Execution, status?: number) =>
  new ServiceNowError('ServiceNow (connection "Help") answered that it was not done', {
    execution,
    status,
    failure: { class: 'transient' },
  });

describe('describeMade', () => {
  const draft = { short_description: 'x', impact: '3', correlation_id: 'doctor.1' };

  it.each([
    {
      what: 'as it was sent',
      record: { ...draft, number: 'INC1', priority: '5' },
      says: /^ok: Ticket INC1 was made as/,
    },
    {
      what: 'with a field dropped',
      record: { short_description: 'x', impact: '3', number: 'INC1' },
      says: /^failed: Ticket INC1 was made, but the instance stored correlation_id otherwise than sent\.$/,
    },
    {
      what: 'with fields changed',
      record: { ...draft, impact: '2', correlation_id: '', number: 'INC1' },
      says: /stored impact, correlation_id otherwise/,
    },
    { what: 'without a number', record: draft, says: /^ok: Ticket {2}was made/ },
  ])('says of a ticket that was stored $what', ({ record, says }) => {
    const { status, message } = describeMade(draft, record);
    expect(`${status}: ${message}`).toMatch(says);
  });
});

describe('checkWriteTest', () => {
  const written = (more: ServiceNowRecord = {}) => {
    const drafts: ServiceNowRecord[] = [];
    const changes: ServiceNowRecord[] = [];
    const writes: Pick<TableApi, 'insert' | 'update'> = {
      insert: async (_, draft) => {
        drafts.push(draft);
        return { ...draft, sys_id: 'i1', number: 'INC1' };
      },
      update: async (_, sysId, values) => {
        changes.push({ sysId, ...values });
        return { sys_id: sysId, state: values.state ?? '', ...more };
      },
    };
    return { drafts, changes, writes };
  };
  const run = async (
    answers: Parameters<typeof fakeTables>[0],
    writes: Partial<Pick<TableApi, 'insert' | 'update'>>,
    group = 'Service Desk',
  ) => {
    const findings = await checkWriteTest(contextOf({ tables: fakeTables(answers, writes) }), group);
    return findings.map(({ status, message, remedy }) => `${status}: ${message} → ${remedy}`);
  };

  it('makes one ticket that no poll takes for its own, and cancels it', async () => {
    const { drafts, changes, writes } = written();
    expect(await run({ sys_user_group: GROUPS }, writes, 'service desk')).toEqual([
      'ok: Ticket INC1 was made as it was meant to be. → undefined',
      'ok: Ticket INC1 was cancelled again. → undefined',
    ]);
    expect(drafts).toMatchObject([{ assignment_group: 'g1', correlation_display: 'IdentityManager/test/Help/doctor' }]);
    expect(changes).toMatchObject([{ sysId: 'i1', state: '8' }]);
  });

  it.each([
    { what: 'is not there', groups: [], says: /found none\./ },
    { what: 'is there twice', groups: [...GROUPS, { ...GROUPS[0], sys_id: 'g2' }], says: /found several\./ },
    { what: 'is not active', groups: [{ ...GROUPS[0], active: 'false' }], says: /found one that is not active\./ },
    {
      what: 'can not be looked for',
      groups: { records: [], totalCount: 3 },
      says: /^failed: Groups are not readable\./,
    },
    {
      what: 'is not what the instance gives',
      groups: [{ sys_id: 'g9', name: 'Network', active: 'true' }],
      says: /^failed: Groups are not readable\./,
    },
  ])('makes no ticket in a group that $what', async ({ groups, says }) => {
    const { drafts, writes } = written();
    const said = await run({ sys_user_group: groups }, writes);
    expect(said).toEqual([expect.stringMatching(says)]);
    expect(drafts).toEqual([]);
  });

  it('finds and cancels a ticket that was made although the answer said otherwise', async () => {
    const { changes, writes } = written();
    let made: ServiceNowRecord = {};
    const said = await run(
      { sys_user_group: GROUPS, incident: () => [{ ...made, sys_id: 'i7', number: 'INC7' }] },
      {
        ...writes,
        insert: async (_, draft) => {
          made = draft;
          throw failing('ended', 500);
        },
      },
    );
    expect(said).toEqual([
      expect.stringMatching(/^ok: Ticket INC7 was made/),
      expect.stringMatching(/^ok: .*cancelled/),
    ]);
    expect(changes).toMatchObject([{ sysId: 'i7' }]);
  });

  it.each([
    {
      what: 'the instance refused it',
      error: failing('ended', 403),
      incident: [],
      says: /could not be made: .* → Let the API user create incidents/,
    },
    {
      what: 'nobody knows whether it was made',
      error: failing('unknown'),
      incident: [],
      says: /could not be made: .* → It may be there later: look for a ticket with correlation ID doctor\.\d+, and cancel/,
    },
    {
      what: 'nobody knows whether it was made, and it can not be looked for',
      error: failing('unknown'),
      incident: failing('none', 429),
      says: /could not be made: .* → It may be there later: look for a ticket with correlation ID doctor\.\d+, and cancel/,
    },
    {
      what: 'another ticket is found',
      error: failing('unknown'),
      incident: [{ sys_id: 'i9', correlation_id: '' }],
      says: /could not be made: .* → It may be there later/,
    },
  ])('cancels nothing where $what', async ({ error, incident, says }) => {
    const { changes, writes } = written();
    const insert = async () => {
      throw error;
    };
    const said = await run({ sys_user_group: GROUPS, incident }, { ...writes, insert });
    expect(said).toEqual([expect.stringMatching(says)]);
    expect(changes).toEqual([]);
  });

  it.each([
    { what: 'the instance refuses that', error: failing('ended', 403) },
    { what: 'no call may be made any more', error: new HoldError('connection Help', 'All calls are in flight') },
  ])('names the ticket that stays behind where $what', async ({ error }) => {
    const { writes } = written();
    const update = async () => {
      throw error;
    };
    const said = await run({ sys_user_group: GROUPS }, { ...writes, update });
    expect(said).toEqual([
      expect.stringMatching(/^ok: Ticket INC1 was made/),
      expect.stringMatching(/^failed: Ticket INC1 could not be cancelled: .* → Cancel INC1 by hand/),
    ]);
  });

  it('names the ticket whose state was not taken', async () => {
    const { writes } = written({ state: '1' });
    const said = await run({ sys_user_group: GROUPS }, writes);
    expect(said[1]).toMatch(/^failed: Ticket INC1 was to be cancelled, and its state is 1\. → Cancel INC1 by hand/);
  });

  it('leaves it to others to say that nothing could be sent', async () => {
    const insert = async () => {
      throw failing('none', 401);
    };
    await expect(run({ sys_user_group: GROUPS }, { insert })).rejects.toThrow('not done');
  });
});
