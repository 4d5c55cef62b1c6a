import { HoldError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Instance } from '../servicenow/client.ts';
import { findNamed } from './find-named.ts';
import { CALLER, canName, type RecordFinder } from './find-record.ts';
import type { TicketOrder } from './ticket-order.ts';

/** Who a ticket's caller is. */
export interface Caller {
  readonly kind: 'owner' | 'fallback' | 'none';
  readonly sysId: string | undefined;
}

/** A joiner may be added any minute, and an order is put back for at most as long. */
const ASK_AGAIN_IN_SECONDS = 900;
const HOUR_IN_MS = 3_600_000;

/**
 * Finds the caller of an order's ticket: the owner, by the attributes that the mapping names; where ServiceNow does not know
 * that person and `CallerWait` is over, the mapping's fallback caller, or nobody.
 *
 * @throws HoldError while the person may still be added to ServiceNow, or where the fallback caller is not found.
 * @throws PermanentError where several users match.
 */
export async function findCaller(
  { order, changeType, envelope, mapping, orderKey }: TicketOrder,
  instance: Instance,
  deps: { readonly records: RecordFinder; readonly now: Date; readonly log: Log },
): Promise<Caller> {
  const { records, now, log } = deps;
  const resourceType = order.ResourceType.Identifier;
  const attributes = mapping.TicketCallerId?.[changeType] ?? [];
  const values = attributes.map((attribute) => order.Owner?.[attribute]).filter(canName);
  for (const value of values) {
    const sysId = await records.find(instance, CALLER, value);
    if (sysId !== undefined) return { kind: 'owner', sysId };
  }
  // An order is a snapshot: what it does not say it will not say later.
  const waitInMs = values.length > 0 ? (mapping.CallerWait[changeType] ?? 0) * HOUR_IN_MS : 0;
  const endsInMs = Date.parse(envelope.OrderedAt.split('#')[0] ?? '') + waitInMs - now.getTime();
  if (endsInMs > 0) {
    throw new HoldError(
      `order ${orderKey}`,
      `The person this order is for is not known to ServiceNow yet (looked for by ${attributes.join(', ')}); it waits until ${new Date(now.getTime() + endsInMs).toISOString()} at the latest (CallerWait)`,
      { retryAfterInSeconds: Math.min(endsInMs / 1000 + 1, ASK_AGAIN_IN_SECONDS) },
    );
  }
  log.warn('caller.notFound', { orderKey, resourceType, attribute: attributes.join(' ') });
  const sysId = await findNamed(records, instance, CALLER, mapping.FallbackCaller, {
    member: 'FallbackCaller',
    resourceType,
  });
  return { kind: sysId === undefined ? 'none' : 'fallback', sysId };
}
