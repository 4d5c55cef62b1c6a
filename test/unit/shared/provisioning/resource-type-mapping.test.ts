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
  ])('refuses %s %j', (member, value) => {
    const read = readMapping({ Connection: 'Help', [member]: value });
    expect(read.ok ? [] : read.faults).toEqual([expect.stringMatching(new RegExp(`^${member}`))]);
  });
});
