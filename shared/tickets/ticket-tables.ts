import { FOLLOWED_INCIDENT_FIELDS, INCIDENT, INCIDENT_FIELDS } from './incident-fields.ts';
import { FOLLOWED_ITEM_FIELDS, PART_FIELDS, REQUESTED_ITEM, REQUESTED_ITEM_FIELDS } from './requested-item-fields.ts';

/** The tables that tickets live in. */
export const TICKET_TABLES = [INCIDENT, REQUESTED_ITEM] as const;

/** What is read of a record, with the fields that may carry its ticket key. */
export function fieldsOf(table: string, correlationFields: readonly string[]): readonly string[] {
  const fields = table === INCIDENT ? INCIDENT_FIELDS : table === REQUESTED_ITEM ? REQUESTED_ITEM_FIELDS : PART_FIELDS;
  return [...new Set([...fields, ...correlationFields])];
}

/** What is read of a ticket that is followed, with the fields that may carry its ticket key. */
export function followedFieldsOf(table: string, correlationFields: readonly string[]): readonly string[] {
  return [
    ...new Set([...(table === INCIDENT ? FOLLOWED_INCIDENT_FIELDS : FOLLOWED_ITEM_FIELDS), ...correlationFields]),
  ];
}
