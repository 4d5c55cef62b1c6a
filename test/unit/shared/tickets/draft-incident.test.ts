import { describe, expect, it } from 'vitest';
import { readMapping } from '../../../../shared/provisioning/resource-type-mapping.ts';
import { changedFields, draftIncident } from '../../../../shared/tickets/draft-incident.ts';

function mappingOf(members: Readonly<Record<string, unknown>> = {}) {
  const mapping = readMapping({ Connection: 'Help', ...members });
  if (!mapping.ok) throw new Error(mapping.faults.join());
  return mapping.value;
}
const text = { title: 'Create SAP_User for Bond', description: 'Please create …' };
const ticket = {
  key: 'k.1',
  marker: 'IdentityManager/prod/Help',
  callerSysId: 'c1',
  groupSysId: 'g1',
  workflow: '81/21511',
};

describe('draftIncident', () => {
  it('fills the fields of an incident', () => {
    const mapping = mappingOf({
      TicketCategory: 'software',
      TicketSubCategory: 'os',
      TicketImpact: 'High',
      TicketUrgency: 'Medium',
    });
    expect(draftIncident(mapping, text, {}, ticket)).toEqual({
      short_description: text.title,
      description: text.description,
      caller_id: 'c1',
      assignment_group: 'g1',
      category: 'software',
      subcategory: 'os',
      impact: '1',
      urgency: '2',
      correlation_id: 'k.1',
      correlation_display: 'IdentityManager/prod/Help',
    });
  });

  it('leaves to the instance what is not known; low is 3', () => {
    const nobody = { ...ticket, callerSysId: undefined, groupSysId: undefined };
    expect(draftIncident(mappingOf({ TicketCategory: '' }), text, {}, nobody)).toEqual({
      short_description: text.title,
      description: text.description,
      impact: '3',
      urgency: '3',
      correlation_id: 'k.1',
      correlation_display: 'IdentityManager/prod/Help',
    });
  });
});

describe('draftIncident, with fields of the mapping', () => {
  it('lets them win over what all mappings have, and puts what belongs together into one field', () => {
    const mapping = mappingOf({ TicketCategory: 'software', WorkflowField: 'u_workflow' });
    expect(
      draftIncident(mapping, { ...text, workNotes: 'Details' }, { urgency: '1', contact_type: 'email' }, ticket),
    ).toMatchObject({
      category: 'software',
      urgency: '1',
      contact_type: 'email',
      u_workflow: '81/21511',
      work_notes: 'Details',
      correlation_id: 'k.1',
    });
  });
});

describe('changedFields', () => {
  const draft = draftIncident(mappingOf({ TicketCategory: 'software' }), text, {}, ticket);

  it('names what the instance stored otherwise than it was sent', () => {
    expect(changedFields(draft, { ...draft, category: 'inquiry', correlation_display: '', number: 'INC1' })).toEqual([
      'category',
      'correlation_display',
    ]);
    const { caller_id: _, ...withoutCaller } = draft;
    expect(changedFields(draft, { ...withoutCaller, assignment_group: 'g2' })).toEqual([
      'caller_id',
      'assignment_group',
    ]);
  });

  it('does not care for texts, nor for what was left to the instance', () => {
    expect(changedFields(draft, { ...draft, description: 'x', short_description: 'y', subcategory: 'os' })).toEqual([]);
  });
});
