/** What the keys of all tickets of an order begin with: no other order of a run has the same. */
export function ticketPrefix(order: { readonly assignmentId: string; readonly changeType: string }): string {
  return `${order.assignmentId}.${order.changeType.slice(0, 1)}`;
}

/** The same, from a ticket's key. */
export function prefixOf(ticketKey: string): string {
  return ticketKey.split('.').slice(0, 2).join('.');
}
