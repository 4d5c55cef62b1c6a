import { describe, expect, it } from 'vitest';
import { readMapping } from '../../../../shared/provisioning/resource-type-mapping.ts';

describe('readMapping', () => {
  it('needs a connection, and has the documented defaults', () => {
    expect(readMapping({ Connection: 'Help' })).toEqual({
      ok: true,
      value: {
        Connection: 'Help',
        TicketType: 'incident',
        CatalogVariables: {},
        AllowBareRequestItem: false,
        CorrelationField: 'correlation_id',
        CallerWait: { Added: 4 },
        TicketImpact: 'Low',
        TicketUrgency: 'Low',
        TicketSynchroIsNotAvailable: false,
        ResolvedCounts: false,
        StateMap: [],
        IncludeCloseNotes: true,
        Fields: {},
        DetailsIn: 'description',
        TicketAttributes: [],
      },
    });
  });

  it('takes flags as JSON and as text, and keeps what it does not know', () => {
    const mapping = { Connection: 'Help', TicketSynchroIsNotAvailable: 'true', ResolvedCounts: true, StateMap: [] };
    expect(readMapping(mapping)).toMatchObject({
      ok: true,
      value: { TicketSynchroIsNotAvailable: true, ResolvedCounts: true, StateMap: [] },
    });
    expect(readMapping({ ...mapping, ResolvedCounts: 'false' })).toMatchObject({ value: { ResolvedCounts: false } });
  });

  it.each([null, 'x', [], {}, { Connection: '' }, { Connection: 5 }])('refuses %j', (data) => {
    expect(readMapping(data).ok).toBe(false);
  });

  it('lists every fault at once', () => {
    const faulty = { TicketImpact: '1', TicketUrgency: 'high', TicketType: 'change', ResolvedCounts: 'yes' };
    const read = readMapping(faulty);
    const names = read.ok ? [] : read.faults.map((fault) => fault.split(':')[0]);
    expect(names.toSorted()).toEqual(['Connection', 'ResolvedCounts', 'TicketImpact', 'TicketType', 'TicketUrgency']);
  });

  it('takes a value once for all change types, or by change type', () => {
    const read = readMapping({
      Connection: 'Help',
      TicketCallerId: ['Mail', 'EmployeeId'],
      CallerWait: { Added: 1, Deleted: 0 },
      AssignmentGroup: { Modified: 'SAP' },
      Fields: { contact_type: 'email', location: { Added: { Table: 'cmn_location', Key: 'name', Value: '{{x}}' } } },
    });
    expect(read).toMatchObject({
      value: {
        TicketCallerId: { Added: ['Mail', 'EmployeeId'], Deleted: ['Mail', 'EmployeeId'] },
        CallerWait: { Added: 1, Deleted: 0 },
        AssignmentGroup: { Modified: 'SAP' },
        Fields: { contact_type: { Modified: 'email' }, location: { Added: { Table: 'cmn_location' } } },
      },
    });
  });

  it.each([
    ['TicketCallerId', []],
    ['CallerWait', 'soon'],
    ['CallerWait', { Added: 721 }],
    ['AssignmentGroup', { Created: 'SAP' }],
    ['Fields', { state: '7' }],
    ['Fields', { correlation_id: 'x' }],
    ['Fields', { sys_domain: 'x' }],
    ['Fields', { 'Contact-Type': 'x' }],
    ['Fields', { location: { Table: 'cmn_location' } }],
    ['WorkflowField', 'description'],
    ['IdentityManagerUrl', 'http://im.contoso.com'],
    ['DetailsIn', 'comments'],
    ['TitleTemplate', 5],
    ['CatalogItem', ''],
    ['CatalogItem', { Created: 'Access' }],
    ['CatalogItem', 'x'.repeat(101)],
    ['CatalogVariables', { 'a-b': 'x' }],
    ['CatalogVariables', Object.fromEntries(Array.from({ length: 31 }, (_, index) => [`v${index}`, 'x']))],
    ['CatalogCorrelationVariable', 'a b'],
    ['CatalogCorrelationVariable', ''],
    ['AllowBareRequestItem', 'yes'],
    ['CorrelationField', 'sys_id'],
    ['CorrelationField', 'correlation_display'],
    ['CorrelationField', 'requested_for'],
    ['CorrelationField', 'work_notes'],
    ['CorrelationField', 'User_Input'],
  ])('refuses %s %j', (member, value) => {
    const read = readMapping({ Connection: 'Help', [member]: value });
    expect(read.ok ? [] : read.faults).toEqual([expect.stringMatching(new RegExp(`^${member}`))]);
  });

  const request = { Connection: 'Help', TicketType: 'request', CatalogItem: 'Access' };

  it.each<[what: string, mapping: object, faults: readonly RegExp[]]>([
    ['an item for all change types', request, []],
    ['bare items, by leave', { ...request, CatalogItem: undefined, AllowBareRequestItem: 'true' }, []],
    [
      'no item, and no leave for bare ones',
      { ...request, CatalogItem: undefined },
      [/^CatalogItem: expected the catalog item to order for Added, Modified, Deleted, .*AllowBareRequestItem/],
    ],
    [
      'an item for one change type',
      { ...request, CatalogItem: { Added: 'Access' } },
      [/^CatalogItem: expected the catalog item to order for Modified, Deleted,/],
    ],
    [
      'an answer where the key goes',
      { ...request, CatalogCorrelationVariable: 'key', CatalogVariables: { key: 'x' } },
      [/^CatalogVariables: expected no value for key, which carries the ticket key/],
    ],
    [
      'a key in a variable that is called like a member of all objects',
      { ...request, CatalogCorrelationVariable: 'constructor', CatalogVariables: { details: 'x' } },
      [],
    ],
    [
      'a field for the key that is given a value too',
      { ...request, CorrelationField: 'user_input', Fields: { user_input: 'x' } },
      [/^CorrelationField: expected a field that nothing else is written to/],
    ],
    [
      'a field for the key that is the one for the workflow',
      { ...request, CorrelationField: 'user_input', WorkflowField: 'user_input' },
      [/^CorrelationField: expected a field that nothing else is written to/],
    ],
  ])('reads a mapping of requests with %s', (_what, mapping, faults) => {
    const read = readMapping(mapping);
    expect(read.ok ? [] : read.faults).toEqual(faults.map((fault) => expect.stringMatching(fault)));
  });

  it('takes rules about states, close codes, approvals and parents, and how long a ticket may take', () => {
    const StateMap = [
      { State: '7', CloseCode: ['Known error', 'Duplicate'], ProvisioningState: 'Verified' },
      { Approval: 'rejected', ClosedThroughParent: true, ProvisioningState: 'Errored' },
    ];
    const read = readMapping({ Connection: 'Help', StateMap, IncludeCloseNotes: 'false', ExpireAfterDays: '90' });
    expect(read).toMatchObject({ value: { StateMap, IncludeCloseNotes: false, ExpireAfterDays: 90 } });
    const one = readMapping({
      Connection: 'Help',
      StateMap: [{ CloseCode: 'Known error', ProvisioningState: 'Errored' }],
    });
    expect(one).toMatchObject({ value: { StateMap: [{ CloseCode: ['Known error'] }] } });
  });

  it.each([
    [{ StateMap: [{ ProvisioningState: 'Errored' }] }, 'StateMap.0: expected State, CloseCode'],
    [{ StateMap: [{ State: '7', ProvisioningState: 'Done' }] }, 'expected one of Transmitted'],
    [{ StateMap: [{ State: '7', Close_Code: 'x', ProvisioningState: 'Errored' }] }, 'Close_Code'],
    [{ StateMap: { State: '7' } }, 'StateMap'],
    [{ ExpireAfterDays: 0 }, 'ExpireAfterDays: expected a whole number of days, 1 to 3650'],
    [{ ExpireAfterDays: 1.5 }, 'ExpireAfterDays'],
    [{ IncludeCloseNotes: 'no' }, 'IncludeCloseNotes: expected true or false'],
  ])('refuses %j', (members, fault) => {
    const read = readMapping({ Connection: 'Help', ...members });
    expect(read.ok ? '' : read.faults.join('; ')).toContain(fault);
  });
});
