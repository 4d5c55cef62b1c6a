import type { ResourceTypeMapping } from '../../provisioning/resource-type-mapping.ts';
import { isQueryable } from '../../servicenow/encoded-query.ts';
import type { TableApi } from '../../servicenow/table-api.ts';
import { CALLER, CATALOG_ITEM, GROUP, type RecordKind } from '../../tickets/find-record.ts';
import type { Check } from './check-context.ts';
import { type Finding, failed, notProven, ok, warning } from './finding.ts';
import { readMeant } from './read-rows.ts';

/** What a member of a mapping names on the instance, and the fields it may be named by. */
interface NamedRecord extends RecordKind {
  readonly member: 'FallbackCaller' | 'AssignmentGroup' | 'CatalogItem';
}

const NAMED: readonly NamedRecord[] = [
  { ...CALLER, member: 'FallbackCaller', what: 'user' },
  { ...GROUP, member: 'AssignmentGroup' },
  { ...CATALOG_ITEM, member: 'CatalogItem', what: 'catalog item' },
];

/** What became of a search for a record that a mapping names. */
export type NamedRecordState = 'active' | 'inactive' | 'absent' | 'several' | 'unknown';

/** Looks whether the users, groups and catalog items that mappings name exist, each once however many name it. */
export const checkMappedRecords: Check = async ({ tables, mappings }) => {
  const findings: Finding[] = [];
  let found = 0;
  for (const named of NAMED) {
    for (const [value, resourceTypes] of valuesOf(mappings, named.member)) {
      const state = await lookFor(tables, named, value);
      if (state === 'active') found += 1;
      else findings.push(describeNamedRecord(named, value, resourceTypes, state));
    }
  }
  if (found > 0) findings.push(ok(`Users, groups and catalog items that mappings name exist (${found}).`));
  return [...findings, ...describeCallers(mappings)];
};

function valuesOf(
  mappings: ReadonlyMap<string, ResourceTypeMapping>,
  member: NamedRecord['member'],
): ReadonlyMap<string, readonly string[]> {
  const byValue = new Map<string, string[]>();
  for (const [resourceType, mapping] of mappings) {
    for (const value of new Set(textsIn(mapping[member])))
      byValue.set(value, [...(byValue.get(value) ?? []), resourceType]);
  }
  return byValue;
}

/** A member names one record, or one for each change type. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

async function lookFor(
  tables: TableApi,
  { table, keys, activeOnly = false }: NamedRecord,
  value: string,
): Promise<NamedRecordState> {
  if (!isQueryable(value)) return 'absent';
  const query = {
    where: [keys.map((key) => [key, '=', value] as const)],
    fields: ['sys_id', 'active', ...keys],
    // Those that are not active, and may count as none, are among them.
    limit: 100,
  };
  const rows = await readMeant(tables, table, query, (row) =>
    keys.some((key) => row[key]?.toLowerCase() === value.toLowerCase()),
  );
  if (!rows) return 'unknown';
  const active = rows.filter((found) => found.active !== 'false');
  const [row, ...more] = activeOnly && active.length > 0 ? active : rows;
  if (!row) return 'absent';
  if (more.length > 0 && !(activeOnly && row.active === 'false')) return 'several';
  return row.active === 'false' ? 'inactive' : 'active';
}

/** Says what is wrong with a record that a mapping names. Pure. */
export function describeNamedRecord(
  { member, table, what, keys }: NamedRecord,
  value: string,
  resourceTypes: readonly string[],
  state: Exclude<NamedRecordState, 'active'>,
): Finding {
  const who = `${member} ${JSON.stringify(value)} of ${resourceTypes.join(', ')}`;
  const by = keys.join(', ');
  switch (state) {
    case 'unknown':
      return notProven(`Whether ${who} exists can't be told.`, `Let the API user read table ${table}.`);
    case 'absent':
      return failed(`${who} is no ${what} of the instance.`, `Name one by ${by}, or make it.`);
    case 'several':
      return failed(`${who} means several records of ${table}.`, 'Name it by sys_id.');
    case 'inactive':
      return failed(`${who} is not active.`, `Make the ${what} active, or name another.`);
  }
}

/** Says which mappings leave tickets without a caller. Pure. */
export function describeCallers(mappings: ReadonlyMap<string, ResourceTypeMapping>): Finding[] {
  const without = (member: 'TicketCallerId' | 'FallbackCaller') =>
    [...mappings].filter(([, mapping]) => !mapping[member]).map(([resourceType]) => resourceType);
  const noCaller = without('TicketCallerId');
  const noFallback = without('FallbackCaller').filter((resourceType) => !noCaller.includes(resourceType));
  return [
    ...(noCaller.length > 0
      ? [
          failed(
            `TicketCallerId is missing in the mapping of ${noCaller.join(', ')}, which tickets require.`,
            'Name the attribute of the owner that tells the caller in ServiceNow: a user name, an email, an employee number or a sys_id.',
          ),
        ]
      : []),
    ...(noFallback.length > 0
      ? [
          warning(
            `FallbackCaller is missing in the mapping of ${noFallback.join(', ')}: a ticket for a person whom ServiceNow does not know has no caller.`,
            'Name a user, such as the one of the API, to be the caller of such tickets.',
          ),
        ]
      : []),
  ];
}
