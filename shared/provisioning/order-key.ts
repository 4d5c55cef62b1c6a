import { canonicalJson, sha256Hex } from '../canonical-json.ts';

/** What makes two orders the same order; owner and resource are snapshots that change between two sendings. */
export interface OrderKeyParts {
  readonly installationId: string;
  /** Empty where the order's connection is not known. */
  readonly connection: string;
  readonly resourceType: string;
  readonly assignmentId: string;
  readonly changeType: string;
  readonly workflowInstanceId: string | undefined;
  readonly changes: unknown;
}

/** An assignment id as keys carry it: as it is where it can stand in a key, else hashed. */
export function assignmentKey(assignmentId: string): string {
  return /^[A-Za-z0-9-]{1,40}$/.test(assignmentId) ? assignmentId : sha256Hex(assignmentId, 40);
}

/** The order key `<assignment>.<A|M|D|X>.<32 hex>`: the same for every sending of one order, and for no other order. */
export function orderKey(parts: OrderKeyParts): string {
  const content = canonicalJson({
    InstallationId: parts.installationId,
    Connection: parts.connection,
    ResourceType: parts.resourceType,
    AssignedResourceTypeId: parts.assignmentId,
    ChangeType: parts.changeType,
    WorkflowInstanceId: parts.workflowInstanceId,
    Changes: parts.changes,
  });
  return `${assignmentKey(parts.assignmentId)}.${changeLetter(parts.changeType)}.${sha256Hex(content, 32)}`;
}

/** The ticket key `<order key>.<generation>`: the ticket's `correlation_id`. Generations count from 1. */
export function ticketKey(ofOrder: string, generation: number): string {
  return `${ofOrder}.${generation}`;
}

/** The marker on every ticket of one installation and connection: its `correlation_display`. */
export function ticketMarker(installationId: string, connection: string): string {
  return `IdentityManager/${installationId}/${connection}`;
}

function changeLetter(changeType: string): string {
  if (changeType === 'Added') return 'A';
  if (changeType === 'Modified') return 'M';
  return changeType === 'Deleted' ? 'D' : 'X';
}
