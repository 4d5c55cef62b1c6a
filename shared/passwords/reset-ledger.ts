import * as z from 'zod/mini';
import { HoldError } from '../errors.ts';
import { parse } from '../parse.ts';
import { assignmentKey } from '../provisioning/order-key.ts';
import type { EntityTable } from '../storage/entity-table.ts';
import { PASSWORDS } from '../tickets/ledger.ts';

/**
 * What became of one reset, by its `DeliveryId`. The claim (`ClaimId`) is alive for `ClaimSeconds` after the row was last written,
 * by storage's clock. `SecretName` and `SecretVersion` say which password it is, once and for all, before it is sent anywhere;
 * `MaySet`: it may have been sent. `Tried`: it was signed in with once. `Pending` and `PoisonPending` are decided and not yet known to be
 * sent. The person is named in these two alone.
 */
const resetRow = z.object({
  v: z.int(),
  State: z.enum(['working', 'done', 'rejected']),
  DeliveryId: z.string(),
  OrderedAt: z.string(),
  Connection: z.string(),
  ClaimId: z.string(),
  ClaimSeconds: z.number(),
  SecretName: z.optional(z.string()),
  SecretVersion: z.optional(z.string()),
  MaySet: z.optional(z.boolean()),
  Tried: z.optional(z.boolean()),
  Outcome: z.optional(z.string()),
  Pending: z.optional(z.string()),
  PoisonPending: z.optional(z.instanceof(Uint8Array)),
});

/** What became of one reset. */
export type ResetRow = z.infer<typeof resetRow>;

/** A row with its version, and the times, by storage's clock, of its last write and of its reading. */
export interface StoredReset {
  readonly row: ResetRow;
  readonly etag: string;
  readonly writtenAt: Date;
  readonly readAt: Date;
}

/** The resets in partition `_passwords` of table `tickets`, key `<DeliveryId>.reset`. */
export interface ResetLedger {
  read(deliveryId: string): Promise<StoredReset | undefined>;
  /**
   * Writes a row over the version that was read, or as a new one, and gives its new version.
   *
   * @throws ConflictError where it has changed or, where it must be new, exists.
   */
  write(row: ResetRow, previous: Pick<StoredReset, 'etag'> | undefined): Promise<string>;
}

/** The ledger on the table. */
export function makeResetLedger(table: EntityTable): ResetLedger {
  const keyOf = (deliveryId: string) => `${assignmentKey(deliveryId)}.reset`;
  return {
    async read(deliveryId) {
      const rowKey = keyOf(deliveryId);
      const { entities, readAt } = await table.list(PASSWORDS, rowKey, `${rowKey}/`);
      const entity = entities.find((one) => one.rowKey === rowKey);
      if (!entity) return undefined;
      const parsed = parse(resetRow, entity.columns);
      if (parsed.ok) return { row: parsed.value, etag: entity.etag, writtenAt: entity.writtenAt, readAt };
      throw new HoldError(`reset ${rowKey}`, `Ledger row ${rowKey} can't be read: ${parsed.faults.join('; ')}`);
    },

    async write(row, previous) {
      const rowKey = keyOf(row.DeliveryId);
      const etags = await table.commit(PASSWORDS, [
        previous
          ? { kind: 'replace', rowKey, etag: previous.etag, columns: row }
          : { kind: 'insert', rowKey, columns: row },
      ]);
      return etags.get(rowKey) ?? '';
    },
  };
}
