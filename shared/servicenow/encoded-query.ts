/** One comparison of a field with a value; `IN` compares with several sys_ids, comma-separated. */
export type Condition = readonly [
  field: string,
  operator: '=' | '!=' | '>' | '>=' | '<' | '<=' | 'STARTSWITH' | 'IN',
  value: string,
];

/**
 * Builds a ServiceNow encoded query: every entry of `all` has to hold; an entry that is a list holds where one of its
 * conditions does. `^` in a value is escaped as `^^` (GlideStringUtil.escapeQueryTermSeparator).
 *
 * @throws TypeError on a list without conditions, on a field name that is none, and on a value that is empty, holds
 *   control characters, would run as a script or read as part of the operator: the server drops what it does not
 *   understand and then matches the whole table.
 */
export function encodedQuery(all: readonly (Condition | readonly Condition[])[], orderBy?: string): string {
  const parts = all.map((entry) => (isCondition(entry) ? term(entry) : anyOf(entry)));
  if (orderBy !== undefined) parts.push(`ORDERBY${fieldName(orderBy)}`);
  return parts.join('^');
}

/** Whether a value can stand in an encoded query. */
export function isQueryable(value: string): boolean {
  return value.trim() !== '' && !/\p{Cc}/u.test(value) && !/^\s*javascript:/i.test(value) && value.isWellFormed();
}

function isCondition(entry: Condition | readonly Condition[]): entry is Condition {
  return typeof entry[0] === 'string';
}

function anyOf(conditions: readonly Condition[]): string {
  if (conditions.length === 0) throw new TypeError('Expected a list of conditions, got an empty one');
  return conditions.map(term).join('^OR');
}

function term([field, operator, value]: Condition): string {
  if (!isQueryable(value) || ((operator === '>' || operator === '<') && value.startsWith('=')))
    throw new TypeError(`Expected a value to compare ${field} with, got one that no query can hold`);
  // A comma in a value would be one value more.
  if (operator === 'IN' && !/^[\w.-]{1,32}(,[\w.-]{1,32})*$/.test(value))
    throw new TypeError(`Expected sys_ids to compare ${field} with, got something else`);
  return `${fieldName(field)}${operator}${value.replaceAll('^', '^^')}`;
}

function fieldName(field: string): string {
  if (!/^[a-z][a-z0-9_.]*$/.test(field)) throw new TypeError(`Expected a field name, got ${JSON.stringify(field)}`);
  return field;
}
