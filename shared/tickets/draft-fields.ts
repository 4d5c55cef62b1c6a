import { PermanentError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { ChangeType } from '../provisioning/order.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { Instance } from '../servicenow/client.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import { findNamed } from './find-named.ts';
import type { RecordFinder, RecordKind } from './find-record.ts';
import { renderTemplate } from './render-template.ts';
import type { TemplateView } from './template-view.ts';

/** The longest value that a field of a task holds; the instance cuts it to the field's own length. */
const LONGEST_FIELD = 4_000;

/**
 * The values of the mapping's `Fields`, or of the variables of a catalog item, for one order. An empty value leaves the field to the instance; a reference is looked
 * for by its unique field, once for a value however many orders have it; one whose value comes from the order and is not
 * found is left out with a warning, for no change of the mapping would help.
 *
 * @throws HoldError where a template is none, or a reference that the mapping itself names is not found.
 */
export async function draftFields(
  mapping: ResourceTypeMapping,
  member: 'Fields' | 'CatalogVariables',
  changeType: ChangeType,
  view: TemplateView,
  instance: Instance,
  records: RecordFinder,
  { resourceType, log }: { readonly resourceType: string; readonly log: Log },
): Promise<ServiceNowRecord> {
  const values: Record<string, string> = {};
  for (const [field, byChangeType] of Object.entries(mapping[member])) {
    const wanted = byChangeType[changeType];
    if (wanted === undefined) continue;
    const where = { resourceType, member: `${member}.${field}` };
    const template = typeof wanted === 'string' ? wanted : wanted.Value;
    const value = (await renderTemplate(template, view, { ...where, longest: LONGEST_FIELD })).trim();
    if (value === '') continue;
    if (typeof wanted === 'string') values[field] = value;
    else {
      const kind = { table: wanted.Table, keys: [wanted.Key], what: `record of ${wanted.Table}` };
      const sysId = template.includes('{{')
        ? await findOrdered(records, instance, kind, value, { ...where, log })
        : await findNamed(records, instance, kind, value, where);
      if (sysId !== undefined) values[field] = sysId;
    }
  }
  return values;
}

async function findOrdered(
  records: RecordFinder,
  instance: Instance,
  kind: RecordKind,
  value: string,
  { resourceType, member, log }: { readonly resourceType: string; readonly member: string; readonly log: Log },
): Promise<string | undefined> {
  const told = (problem: string) => void log.warn('reference.notFound', { resourceType, member, reason: problem });
  try {
    const sysId = await records.find(instance, kind, value);
    if (sysId === undefined) told(`no ${kind.what} has this value`);
    return sysId;
  } catch (error) {
    if (!(error instanceof PermanentError)) throw error;
    told(error.message);
    return undefined;
  }
}
