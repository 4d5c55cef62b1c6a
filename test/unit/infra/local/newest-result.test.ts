import { expect, it } from 'vitest';
import { newestResult } from '../../../../infra/local/newest-result.ts';
import type { ProvisioningResult } from '../../../../shared/provisioning/result.ts';

const result = (changes: Partial<ProvisioningResult>): ProvisioningResult => ({
  v: 1,
  ResultId: 'id',
  Sequence: 1,
  Generation: 1,
  OrderKey: 'key',
  OrderedAt: '2026-01-02T03:04:05.678Z#000000',
  AssignmentId: '42',
  ChangeType: 'Added',
  OwnerId: '7',
  OwnerType: 'Directory_User',
  ResourceType: 'SAP_User_NominativeUser',
  ProvisioningState: 'Transmitted',
  Message: '',
  OccurredAt: '2026-01-02T03:04:06.000Z',
  ...changes,
});
const order = { assignmentId: '42', changeType: 'Added' };

it('goes by the time of the order, then by generation, then by sequence, whatever came first', () => {
  const later = result({ OrderedAt: '2026-01-02T03:04:05.678Z#000001' });
  const secondGeneration = result({ Generation: 2 });
  const secondSequence = result({ Sequence: 10 });
  const first = result({ Sequence: 9 });
  expect(newestResult([later, secondGeneration, secondSequence, first], order)).toBe(later);
  expect(newestResult([first, secondSequence, secondGeneration], order)).toBe(secondGeneration);
  expect(newestResult([secondSequence, first], order)).toBe(secondSequence);
});

it('looks at results of that assignment and change only', () => {
  expect(newestResult([result({ AssignmentId: '43' }), result({ ChangeType: 'Deleted' })], order)).toBeUndefined();
});
