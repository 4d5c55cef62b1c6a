import { describe, expect, it } from 'vitest';
import { readMapping } from '../../../../shared/provisioning/resource-type-mapping.ts';

describe('readMapping', () => {
  it('needs a connection, and has the documented defaults', () => {
    expect(readMapping({ Connection: 'Help' })).toEqual({
      ok: true,
      value: {
        Connection: 'Help',
        TicketType: 'incident',
        TicketImpact: 'Low',
        TicketUrgency: 'Low',
        TicketSynchroIsNotAvailable: false,
        ResolvedCounts: false,
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
    const faulty = { TicketImpact: '1', TicketUrgency: 'high', TicketType: 'request', ResolvedCounts: 'yes' };
    const read = readMapping(faulty);
    const names = read.ok ? [] : read.faults.map((fault) => fault.split(':')[0]);
    expect(names.toSorted()).toEqual(['Connection', 'ResolvedCounts', 'TicketImpact', 'TicketType', 'TicketUrgency']);
  });
});
