import { expect, it } from 'vitest';
import { parse } from '../../../../shared/parse.ts';
import { PROVISIONING_STATES, provisioningResult } from '../../../../shared/provisioning/result.ts';

const result = {
  v: 1,
  ResultId: '393.A.00.1:1',
  Sequence: 1,
  Generation: 1,
  OrderKey: '393.A.00',
  OrderedAt: '2026-11-20T08:15:30.000Z#000000',
  AssignmentId: '393',
  ChangeType: 'Added',
  OwnerId: '1',
  OwnerType: '51',
  ResourceType: 'SAP_User',
  ProvisioningState: 'Transmitted',
  Message: 'INC1 is open',
  OccurredAt: '2026-11-20T08:15:31.000Z',
};

it('reads results with and without a ticket, and of later versions with more members', () => {
  const ticket = { Connection: 'Help', Table: 'incident', Number: 'INC1', SysId: 'a', Url: 'https://x', State: '1' };
  expect(parse(provisioningResult, result)).toEqual({ ok: true, value: result });
  const later = { ...result, v: 2, Later: 1, Ticket: { ...ticket, ClosedBy: 'Ann', Later: 2 } };
  expect(parse(provisioningResult, later)).toEqual({ ok: true, value: later });
});

it('knows the four documented states and no other', () => {
  expect(PROVISIONING_STATES).toEqual(['Transmitted', 'Executed', 'Verified', 'Errored']);
  expect(parse(provisioningResult, { ...result, ProvisioningState: 'Done' }).ok).toBe(false);
});
