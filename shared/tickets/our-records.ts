import { UnavailableError } from '../errors.ts';
import type { ResourceTypeMapping } from '../provisioning/resource-type-mapping.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';

/** Which records a search asked for. */
export interface OurTickets {
  readonly connection: string;
  readonly marker: string;
  /** The fields that may carry the ticket key. */
  readonly keyFields: readonly string[];
}

/**
 * The records that carry our marker, or may: a field may be hidden in one row. The database compares without regard to
 * case, so what differs in case alone is `foreign`. Pure.
 *
 * @throws UnavailableError where a truly different one is among them: the condition was dropped, which matches the whole table, and
 *   then nothing of the answer may be believed.
 */
export function ourRecords(
  records: readonly ServiceNowRecord[],
  { connection, marker, keyFields }: OurTickets,
): { readonly ours: readonly ServiceNowRecord[]; readonly foreign: readonly ServiceNowRecord[] } {
  const foreign: ServiceNowRecord[] = [];
  const ours = records.filter((record) => {
    const { correlation_display: display = '', number } = record;
    if (display === marker) return true;
    // Hidden in this row alone; whether it is ours shows by its sys_id.
    if (display === '' && keyIn(record, keyFields) !== undefined) return true;
    if (display.trim().toLowerCase() !== marker.toLowerCase()) {
      throw new UnavailableError(
        `ServiceNow (connection "${connection}") answered a search for our tickets with ${number}, which is not ours: check that the account may read correlation_display`,
      );
    }
    foreign.push(record);
    return false;
  });
  return { ours, foreign };
}

/** The fields that may carry a ticket key: several mappings of a connection may differ, and others may have been there before. Pure. */
export function keyFieldsOf(mapped: readonly Pick<ResourceTypeMapping, 'CorrelationField'>[]): readonly string[] {
  return [...new Set(['correlation_id', ...mapped.map(({ CorrelationField }) => CorrelationField)])];
}

/** The ticket key of a record. Somebody may have written anything into its fields; only what can be a key of ours is one. Pure. */
export function keyIn(record: ServiceNowRecord, keyFields: readonly string[]): string | undefined {
  return keyFields
    .map((field) => record[field] ?? '')
    .find((value) => /^[A-Za-z0-9-]{1,40}\.[AMDX]\.[0-9a-f]{32}\.\d{1,9}$/.test(value));
}
