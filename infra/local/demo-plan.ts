import type { ProvisioningState } from '../../shared/provisioning/result.ts';

/** One sample order: where it comes from, what a person at the service desk does with its ticket, and how it ends. */
export interface PlannedOrder {
  readonly file: string;
  readonly assignmentId: string;
  readonly changeType: string;
  /** `none`: no ticket is made, the order goes to the poison queue. */
  readonly desk: 'close' | 'cancel' | 'leave' | 'none';
  readonly expected: ProvisioningState;
}

/** Every order of the sample files, in the order of sending. */
export const demoPlan: readonly PlannedOrder[] = [
  { file: 'added', assignmentId: '3930001', changeType: 'Added', desk: 'close', expected: 'Executed' },
  { file: 'modified-with-links', assignmentId: '3930001', changeType: 'Modified', desk: 'close', expected: 'Executed' },
  { file: 'deleted', assignmentId: '3930001', changeType: 'Deleted', desk: 'close', expected: 'Executed' },
  // No synchronization will ever confirm a badge, so a closed ticket is all there is to know.
  { file: 'list-of-four', assignmentId: '3940001', changeType: 'Added', desk: 'close', expected: 'Verified' },
  { file: 'list-of-four', assignmentId: '3940002', changeType: 'Added', desk: 'close', expected: 'Verified' },
  { file: 'list-of-four', assignmentId: '3940003', changeType: 'Modified', desk: 'close', expected: 'Executed' },
  { file: 'list-of-four', assignmentId: '3940004', changeType: 'Deleted', desk: 'cancel', expected: 'Errored' },
  { file: 'single-order', assignmentId: '3930002', changeType: 'Added', desk: 'leave', expected: 'Transmitted' },
  { file: 'with-a-password', assignmentId: '3930003', changeType: 'Added', desk: 'close', expected: 'Executed' },
  { file: 'unknown-change-type', assignmentId: '3930004', changeType: 'None', desk: 'none', expected: 'Errored' },
  { file: 'unknown-resource-type', assignmentId: '3930005', changeType: 'Added', desk: 'none', expected: 'Errored' },
];
