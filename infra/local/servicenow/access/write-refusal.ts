import { Refusal } from '../refusal.ts';
import type { Operation } from './operation.ts';

const names = { create: 'Insert', write: 'Update', delete: 'Delete' } as const;

/** What the instance says when an access control stands against a write. */
export function writeRefusal(operation: Exclude<Operation, 'read'>): Refusal {
  return new Refusal(403, 'Operation Failed', `ACL Exception ${names[operation]} Failed due to security constraints`);
}
