import { INCIDENT, INCIDENT_FIELDS } from '../../tickets/incident-fields.ts';
import type { Check, CheckContext } from './check-context.ts';
import { type Finding, failed, notProven, ok, warning } from './finding.ts';
import { type Rows, readRows } from './read-rows.ts';

/** What is read of one table, and whether work stops without it. */
interface NeededTable {
  readonly table: string;
  readonly fields: readonly string[];
  /** Fields that every row has a value in: an empty one is one that may not be read. */
  readonly neverEmpty: readonly string[];
  /** What the connector needs the table for. */
  readonly purpose: string;
  readonly isOptional?: boolean;
}

const USERS: NeededTable = {
  table: 'sys_user',
  fields: ['sys_id', 'user_name', 'email', 'employee_number', 'sys_created_on'],
  neverEmpty: ['sys_id', 'sys_created_on'],
  purpose: 'to find callers',
};
const CHOICES: NeededTable = {
  table: 'sys_choice',
  fields: ['name', 'element', 'value', 'label', 'inactive'],
  neverEmpty: ['name', 'element', 'value'],
  purpose: 'to check categories and close codes',
  isOptional: true,
};
const OWN_TICKETS: NeededTable = {
  table: INCIDENT,
  fields: INCIDENT_FIELDS,
  neverEmpty: [
    'sys_id',
    'number',
    'state',
    'active',
    'sys_mod_count',
    'sys_created_by',
    'sys_created_on',
    'correlation_id',
    'correlation_display',
  ],
  purpose: 'to follow tickets',
};
/** The tickets of others may have no key. */
const ANY_TICKETS: NeededTable = {
  ...OWN_TICKETS,
  neverEmpty: OWN_TICKETS.neverEmpty.filter((field) => !field.startsWith('correlation_')),
};

const ROWS = 5;

/** Looks whether tickets are readable, field by field: our own show most; before there are any, those of others do. */
export const checkTicketAccess: Check = async (context) => {
  const own = await readRows(context.tables, INCIDENT, {
    where: [['correlation_display', '=', context.marker]],
    fields: INCIDENT_FIELDS,
    limit: ROWS,
  });
  const hasNone = own.kind === 'rows' && own.totalCount === 0;
  return [hasNone ? await look(context, ANY_TICKETS) : describeReadAccess(OWN_TICKETS, own)];
};

/** Looks whether users are readable, field by field. */
export const checkUserAccess: Check = async (context) => [await look(context, USERS)];

/** Looks whether choices are readable. */
export const checkChoiceAccess: Check = async (context) => [await look(context, CHOICES)];

async function look({ tables }: CheckContext, needed: NeededTable): Promise<Finding> {
  const { table, fields } = needed;
  return describeReadAccess(needed, await readRows(tables, table, { where: [], fields, limit: ROWS }));
}

/** What rows, or their absence, say about the right to read. Pure. */
export function describeReadAccess(needed: NeededTable, rows: Rows): Finding {
  const { table, purpose, isOptional = false } = needed;
  const refused = isOptional ? warning : failed;
  const remedy = `Give the API user a role with read access to table ${table}, ${purpose}.`;
  if (rows.kind === 'unreadable') return refused(`The API user may not read table ${table}: ${rows.reason}.`, remedy);
  const { records, totalCount, hidden } = rows;
  if (records.length === 0 && totalCount === 0) {
    return notProven(
      `Table ${table} may be asked for, but there is no row yet to see which fields are readable.`,
      'Run the check again when there is one.',
    );
  }
  if (records.length === 0 && totalCount === undefined) {
    return notProven(
      `Table ${table} may be asked for, and shows no row; the instance does not say whether there are any.`,
      `Look at the table as the API user: with rows in it, ${remedy.charAt(0).toLowerCase()}${remedy.slice(1)}`,
    );
  }
  if (records.length === 0) {
    return refused(`Table ${table} has rows, and the API user may read none of those looked at.`, remedy);
  }
  const closed = needed.fields.filter((field) =>
    records.every(
      (record) => record[field] === undefined || (record[field] === '' && needed.neverEmpty.includes(field)),
    ),
  );
  if (closed.length > 0) {
    return refused(
      `The API user may not read ${closed.join(', ')} of table ${table}.`,
      `Let the API user read these fields, ${purpose}.`,
    );
  }
  if (hidden > 0) {
    return warning(
      `The API user may read table ${table}, but not every row: ${hidden} of ${hidden + records.length} looked at are hidden from it.`,
      table === INCIDENT
        ? 'That is as it should be where it may read its own tickets only; make sure that it keeps them when they are reassigned.'
        : remedy,
    );
  }
  return ok(`The API user may read table ${table}.`);
}
