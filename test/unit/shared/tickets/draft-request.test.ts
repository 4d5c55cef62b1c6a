import { describe, expect, it } from 'vitest';
import { readMapping } from '../../../../shared/provisioning/resource-type-mapping.ts';
import { draftRequest } from '../../../../shared/tickets/draft-request.ts';

function mappingOf(members: Readonly<Record<string, unknown>> = {}) {
  const mapping = readMapping({ Connection: 'Help', TicketType: 'request', AllowBareRequestItem: true, ...members });
  if (!mapping.ok) throw new Error(mapping.faults.join());
  return mapping.value;
}
const text = { title: 'Create SAP_User for Bond', description: 'Please create …' };
const marker = 'IdentityManager/prod/Help';
const ticket = { key: 'k.1', marker, callerSysId: 'c1', groupSysId: 'g1', workflow: '81/21511' };
const marks = { correlation_id: 'k.1', correlation_display: marker };
const texts = { short_description: text.title, description: text.description };
const BARE = { item: undefined, variables: {} };
const ORDERED = { item: 'i1', variables: { account: '007' } };

describe('draftRequest', () => {
  it('marks item, request and task, and gives the task what its group needs to work', () => {
    expect(draftRequest(mappingOf({ TicketImpact: 'High' }), text, {}, ticket, BARE)).toEqual({
      values: { ...texts, ...marks, impact: '1', urgency: '3', assignment_group: 'g1' },
      request: {
        ...BARE,
        requestedFor: 'c1',
        values: { ...marks, short_description: text.title, requested_for: 'c1' },
        taskValues: { ...texts, ...marks, assignment_group: 'g1' },
      },
    });
  });

  it('leaves to the flow of an ordered item whom its request is for', () => {
    const { request } = draftRequest(mappingOf(), text, {}, ticket, ORDERED);
    expect(request).toMatchObject({ ...ORDERED, requestedFor: 'c1' });
    expect(request.values).toEqual({ ...marks, short_description: text.title });
  });

  it('leaves to the instance what is not known', () => {
    const nobody = { ...ticket, callerSysId: undefined, groupSysId: undefined };
    const { values, request } = draftRequest(mappingOf(), text, {}, nobody, BARE);
    expect(request.requestedFor).toBeUndefined();
    expect(Object.keys({ ...values, ...request.values, ...request.taskValues })).not.toEqual(
      expect.arrayContaining(['requested_for']),
    );
    expect({ ...values, ...request.taskValues }).not.toHaveProperty('assignment_group');
  });

  it('has no category, which is a field of incidents', () => {
    const mapping = mappingOf({ TicketCategory: 'software', TicketSubCategory: 'os' });
    const { values } = draftRequest(mapping, text, {}, ticket, BARE);
    expect(values).not.toHaveProperty('category');
    expect(values).not.toHaveProperty('subcategory');
  });

  it('lets what a mapping says of a field win over what all have, and never over its own words and marks', () => {
    const mapping = mappingOf({ WorkflowField: 'u_workflow' });
    const fields = { urgency: '1', short_description: 'x', correlation_id: 'x' };
    const { values } = draftRequest(mapping, { ...text, workNotes: 'Details' }, fields, ticket, BARE);
    expect(values).toMatchObject({ ...texts, ...marks, urgency: '1', u_workflow: '81/21511', work_notes: 'Details' });
  });

  it('keeps the key in a field that the mapping names on the requested item alone', () => {
    const mapping = mappingOf({ CorrelationField: 'u_ordered_by' });
    const { values, request } = draftRequest(mapping, text, {}, ticket, BARE);
    expect(values).toMatchObject({ u_ordered_by: 'k.1', correlation_display: marker });
    expect(values).not.toHaveProperty('correlation_id');
    for (const part of [request.values, request.taskValues]) {
      expect(part).toMatchObject(marks);
      expect(part).not.toHaveProperty('u_ordered_by');
    }
  });
});
