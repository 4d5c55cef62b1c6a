import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { Instance } from '../servicenow/client.ts';
import { readAgain } from '../storage/read-again.ts';
import type { Ledger, UnfinishedTicket } from './ledger.ts';
import type { Stored, TicketRow } from './ledger-row.ts';
import type { SettlePending } from './settle-pending.ts';

/** One run of the reconciliation of one connection, as its parts share it. */
export interface ReconcileRun {
  readonly instance: Instance;
  readonly connection: string;
  readonly marker: string;
  /** The fields that may carry a ticket key. */
  readonly keyFields: readonly string[];
  readonly startedAt: Date;
  /** The open tickets that are not in ServiceNow any more, by ticket key. */
  readonly gone: Map<string, OpenTicket>;
  /** What the run did, for the log. */
  readonly tally: {
    open: number;
    read: number;
    changed: number;
    hidden: number;
    deleted: number;
    expired: number;
    takenOver: number;
  };
  /** Does something about one ticket; its failure is the run's at the end, and stops nothing else before. */
  attempt(act: () => Promise<void>): Promise<void>;
}

/** What a run needs of an open ticket; it holds those of one call, and those that are gone. */
export interface OpenTicket {
  readonly listed: UnfinishedTicket;
  readonly sysId: string;
  readonly table: string;
  readonly mapping: ResourceTypeMapping | undefined;
}

/** Acts on the row of a ticket that is open still, anew where somebody else was quicker; what it has pending goes first. */
export function withOpenRow(
  { ledger, settle }: { readonly ledger: Ledger; readonly settle: SettlePending },
  connection: string,
  { listed, sysId }: OpenTicket,
  act: (stored: Stored<TicketRow>) => Promise<boolean>,
): Promise<boolean> {
  return readAgain(async () => {
    const stored = await ledger.readTicket(connection, listed.key);
    if (stored?.row.State !== 'open' || stored.row.SysId !== sysId) return false;
    return act(await settle(connection, stored));
  });
}

/** Writes a row with a result pending and sends that; says whether there was one to write. */
export async function writeAndSend(
  { ledger, settle }: { readonly ledger: Ledger; readonly settle: SettlePending },
  connection: string,
  previous: Stored<TicketRow>,
  row: TicketRow | undefined,
): Promise<boolean> {
  if (!row) return false;
  const etag = await ledger.write(connection, { ticket: { row, previous } });
  await settle(connection, { ...previous, row, etag });
  return true;
}
