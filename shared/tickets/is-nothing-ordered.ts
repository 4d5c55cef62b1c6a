import type { Clock } from '../clock.ts';
import { failureOf } from '../errors.ts';
import type { Instance } from '../servicenow/client.ts';
import { ServiceNowError } from '../servicenow/servicenow-error.ts';
import { toServiceNowTime } from '../servicenow/servicenow-time.ts';
import type { RecordPage } from '../servicenow/table-api.ts';
import { REQUESTED_ITEM } from './requested-item-fields.ts';
import type { Claim } from './send-once.ts';

/** More of one item ordered on a day can't be told apart. */
const MOST_ITEMS = 1_000;
/** The two clocks compared may lie a few calls apart, and one of them shows whole seconds. */
const SLACK_IN_MS = 60_000;
const DAY_IN_MS = 86_400_000;

/**
 * Whether an order of a catalog item that was refused has certainly made nothing, although nothing in it would name its
 * ticket: since it was claimed nobody has ordered that item, or all that was ordered carries the key of another ticket.
 * `false` where an item is there that may be it. Where reading is refused to the account as ordering was, nothing it asked for
 * is looked at any more, so nothing was made. One call. Rights needed: read on `sc_req_item`.
 *
 * @throws ServiceNowError where no answer came.
 */
export async function isNothingOrdered(
  instance: Instance,
  item: string,
  claim: Claim,
  refusal: ServiceNowError,
  clock: Clock,
): Promise<boolean> {
  const ageInMs = clock.monotonicInMs() - claim.askedAtInMs + SLACK_IN_MS;
  let page: RecordPage;
  try {
    page = await instance.tables.list(REQUESTED_ITEM, {
      where: [
        ['cat_item', '=', item],
        ['sys_created_on', '>=', toServiceNowTime(new Date(clock.now().getTime() - DAY_IN_MS))],
      ],
      fields: ['sys_id', 'cat_item', 'sys_created_on', 'correlation_display'],
      limit: MOST_ITEMS,
    });
  } catch (error) {
    if (error instanceof ServiceNowError && isRefusedAccount(error) && isRefusedAccount(refusal)) return true;
    throw error;
  }
  const { records, totalCount, servedAt } = page;
  // Hidden or cut off, or a condition was dropped: nobody can tell.
  if (records.length !== totalCount || records.some((record) => record.cat_item !== item)) return false;
  const since = toServiceNowTime(new Date(servedAt.getTime() - ageInMs));
  return records.every(
    ({ sys_created_on: createdOn = '', correlation_display: mark = '' }) =>
      mark !== '' || (createdOn !== '' && createdOn < since),
  );
}

function isRefusedAccount(error: ServiceNowError): boolean {
  const failure = failureOf(error);
  return error.execution === 'ended' && failure?.class === 'hold' && failure.found === 'accountRefused';
}
