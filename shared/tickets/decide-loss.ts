/** What a reconciliation found out about the open tickets of a connection, all of which it has read. */
export interface Counted {
  /** Open tickets by the ledger. */
  readonly open: number;
  /** Those of them that are not in ServiceNow any more. */
  readonly gone: number;
  /** How many more tickets of other installations there are than at the run before. */
  readonly foreignGrowth: number;
}

/** Fewer than so many are deleted by people on any day. */
const FEW = 5;
const SMALL_SHARE = 0.02;

/**
 * Whether tickets that are gone may be taken for deleted; `hold` where an instance that was cloned over or restored, or rights
 * that were taken away, would look the same: many are gone at once, or most are while those of others came instead. Pure.
 */
export function decideLoss({ open, gone, foreignGrowth }: Counted): 'conclude' | 'hold' {
  if (gone === 0) return 'conclude';
  if (gone > Math.max(FEW, open * SMALL_SHARE)) return 'hold';
  return gone * 2 >= open && foreignGrowth >= gone ? 'hold' : 'conclude';
}
