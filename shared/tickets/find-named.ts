import { HoldError, PermanentError } from '../errors.ts';
import type { Instance } from '../servicenow/client.ts';
import type { RecordFinder, RecordKind } from './find-record.ts';

/**
 * The record that a mapping itself names; `undefined` where it names none.
 *
 * @throws HoldError where there is none of that name, or several: every order of the mapping waits until it is put right.
 */
export async function findNamed(
  records: RecordFinder,
  instance: Instance,
  kind: RecordKind,
  value: string | undefined,
  where: { readonly member: string; readonly resourceType: string },
): Promise<string | undefined> {
  if (!value) return undefined;
  const { member, resourceType } = where;
  const held = (problem: string) =>
    new HoldError(
      `resource type ${resourceType}`,
      `${member} of the mapping of resource type "${resourceType}": ${problem} (connection "${instance.settings.identifier}")`,
      { found: 'notFound' },
    );
  let sysId: string | undefined;
  try {
    sysId = await records.find(instance, kind, value);
  } catch (error) {
    // Not the order is wrong but what all orders of the mapping share.
    if (error instanceof PermanentError) throw held(error.message);
    throw error;
  }
  if (sysId !== undefined) return sysId;
  throw held('not found in ServiceNow; name one that is there, or let the account read it');
}
