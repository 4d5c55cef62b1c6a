import type { ProvisioningResult } from '../../shared/provisioning/result.ts';

/**
 * The result that counts for one order: of all those given, in any order and repeated or not, the one with the highest
 * (`OrderedAt`, `Generation`, `Sequence`).
 */
export function newestResult(
  results: readonly ProvisioningResult[],
  order: { readonly assignmentId: string; readonly changeType: string },
): ProvisioningResult | undefined {
  return results
    .filter(({ AssignmentId, ChangeType }) => AssignmentId === order.assignmentId && ChangeType === order.changeType)
    .toSorted((one, other) => compare(one, other))
    .at(-1);
}

function compare(one: ProvisioningResult, other: ProvisioningResult): number {
  if (one.OrderedAt !== other.OrderedAt) return one.OrderedAt < other.OrderedAt ? -1 : 1;
  return one.Generation - other.Generation || one.Sequence - other.Sequence;
}
