/** Scopes (a resource type, say) whose orders wait until an operator has put something right. */
export interface Holds {
  /** Places a hold; the first reason stays. */
  place(scope: string, reason: string): void;
  reasonFor(scope: string): string | undefined;
}

/** The holds of this process; restarting it ends them. Sharing them takes another implementation of the same port. */
export function makeHolds(): Holds {
  const reasons = new Map<string, string>();
  return {
    place: (scope, reason) => void (reasons.has(scope) || reasons.set(scope, reason)),
    reasonFor: (scope) => reasons.get(scope),
  };
}
