import { PermanentError } from '../../errors.ts';
import { CHANGE_TYPES } from '../../provisioning/order.ts';
import type { ResourceTypeMapping } from '../../provisioning/resource-type-mapping.ts';
import { ServiceNowError } from '../../servicenow/servicenow-error.ts';
import { CATALOG_ITEM, makeRecordFinder } from '../../tickets/find-record.ts';
import { isSysId } from '../../tickets/is-sys-id.ts';
import { VARIABLE_NAME, VARIABLE_VALUE } from '../../tickets/ticket-queries.ts';
import type { Check, CheckContext } from './check-context.ts';
import { describeReadAccess } from './check-read-access.ts';
import { type Finding, failed, ok, warning } from './finding.ts';
import { readRows } from './read-rows.ts';

const ANSWERS = {
  table: 'sc_item_option_mtom',
  fields: ['sys_id', 'request_item', VARIABLE_NAME, VARIABLE_VALUE],
  neverEmpty: ['sys_id', 'request_item', VARIABLE_NAME],
  purpose: 'to find again what was ordered when the answer was lost',
};

/** What mappings ask of one catalog item. */
interface WantedItem {
  /** As the mapping names it. */
  readonly item: string;
  readonly resourceType: string;
  readonly correlation: string | undefined;
  readonly variables: readonly string[];
}

/**
 * Looks whether the account may order the catalog items that mappings name, whether these have the variables that are to be
 * answered, and whether what was ordered can be found again by the one that carries the ticket key. An item that is not there
 * is told by the check of mapped records.
 */
export const checkCatalog: Check = async (context) => {
  const findings: Finding[] = [];
  const wanted = wantedItems(context.mappings);
  const variables = new Map<string, readonly string[] | Finding | undefined>();
  for (const { item } of wanted) if (!variables.has(item)) variables.set(item, await variablesOf(context, item));
  let found = 0;
  for (const one of wanted) {
    const names = variables.get(one.item);
    if (names === undefined) continue;
    const faults = 'status' in names ? [names] : describeVariables(one, names);
    if (faults.length === 0) found += 1;
    findings.push(...faults);
  }
  if (found > 0)
    findings.push(ok(`Catalog items that mappings name can be ordered, with the variables named (${found}).`));
  if (wanted.some(({ correlation }) => correlation !== undefined)) {
    const { table, fields } = ANSWERS;
    findings.push(describeReadAccess(ANSWERS, await readRows(context.tables, table, { where: [], fields, limit: 5 })));
  }
  return findings;
};

function wantedItems(mappings: CheckContext['mappings']): WantedItem[] {
  return [...mappings].flatMap(([resourceType, mapping]) => {
    if (mapping.TicketType !== 'request') return [];
    const byItem = Map.groupBy(CHANGE_TYPES, (changeType) => mapping.CatalogItem?.[changeType]);
    return [...byItem].flatMap(([item, changeTypes]) =>
      item === undefined ? [] : [{ item, resourceType, ...variablesFor(mapping, changeTypes) }],
    );
  });
}

function variablesFor(
  { CatalogVariables, CatalogCorrelationVariable: correlation }: ResourceTypeMapping,
  changeTypes: readonly (typeof CHANGE_TYPES)[number][],
) {
  const variables = Object.entries(CatalogVariables)
    .filter(([, values]) => changeTypes.some((changeType) => values[changeType] !== undefined))
    .map(([name]) => name);
  return { correlation, variables };
}

/** The names of an item's variables, or why there are none to be had; nothing for an item that is not there. */
async function variablesOf(
  { instance, clock }: CheckContext,
  item: string,
): Promise<readonly string[] | Finding | undefined> {
  let sysId: string | undefined = item;
  try {
    if (!isSysId(item)) sysId = await makeRecordFinder(clock).find(instance, CATALOG_ITEM, item);
    return sysId === undefined ? undefined : await instance.catalog.variables(sysId);
  } catch (error) {
    // Several of that name.
    if (error instanceof PermanentError) return undefined;
    if (!(error instanceof ServiceNowError)) throw error;
    if (error.execution !== 'ended' || error.status === undefined || error.status >= 500) throw error;
    return failed(
      `The API user may not order catalog item ${JSON.stringify(item)}: ${error.message}.`,
      'Make the item active, and let the account order it (roles and user criteria of the item, Service Catalog API).',
    );
  }
}

/** Says which variables an item lacks. Pure. */
export function describeVariables(
  { item, resourceType, correlation, variables }: WantedItem,
  names: readonly string[],
): Finding[] {
  const what = `catalog item ${JSON.stringify(item)} (mapping of ${resourceType})`;
  const findings: Finding[] = [];
  if (correlation === undefined) {
    findings.push(
      warning(
        `CatalogCorrelationVariable is missing for ${what}: an order whose answer is lost is left to a person.`,
        'Have a single line text variable added to the item, and name it.',
      ),
    );
  } else if (!names.includes(correlation)) {
    findings.push(
      failed(
        `The ${what} has no variable ${correlation} (CatalogCorrelationVariable): its orders wait.`,
        'Have it added to the item, or name one that is there.',
      ),
    );
  }
  const dropped = variables.filter((name) => !names.includes(name));
  if (dropped.length > 0) {
    findings.push(
      warning(
        `The ${what} has no variable ${dropped.join(', ')}: what CatalogVariables says there is dropped.`,
        `Name variables of the item: ${names.slice(0, 20).join(', ') || 'it has none'}.`,
      ),
    );
  }
  return findings;
}
