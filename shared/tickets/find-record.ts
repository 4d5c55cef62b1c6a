import type { Clock } from '../clock.ts';
import { PermanentError } from '../errors.ts';
import { makeExpiringCache } from '../expiring-cache.ts';
import type { Instance } from '../servicenow/client.ts';
import { isQueryable } from '../servicenow/encoded-query.ts';

/** Records of one table, and the fields by which people name one of them. */
export interface RecordKind {
  readonly table: string;
  readonly keys: readonly string[];
  /** What people call such a record. */
  readonly what: string;
  /** Whether one that is no longer active counts as none. */
  readonly activeOnly?: boolean;
}

/** Who a ticket is for, by any of the fields by which a person is recognised. */
export const CALLER: RecordKind = {
  table: 'sys_user',
  keys: ['user_name', 'email', 'employee_number', 'sys_id'],
  what: 'user for the caller of this order',
};

/** Who works a ticket. */
export const GROUP: RecordKind = { table: 'sys_user_group', keys: ['name', 'sys_id'], what: 'group' };

/** What is ordered for a request. */
export const CATALOG_ITEM: RecordKind = {
  table: 'sc_cat_item',
  keys: ['name', 'sys_id'],
  what: 'active catalog item',
  // An item that was replaced stays, under the same name.
  activeOnly: true,
};

const FOUND_MAX_AGE_IN_MS = 3_600_000;
/** The fields compared hold no more, and the value stands in the URL once for each of them. */
const LONGEST_VALUE = 100;
/** A joiner may be added any minute. */
const NOT_FOUND_MAX_AGE_IN_MS = 60_000;
const MOST_KEPT = 20_000;

/** Whether a value can name a record at all. */
export function canName(value: unknown): value is string {
  return typeof value === 'string' && isQueryable(value) && value.length <= LONGEST_VALUE;
}

/** Finds the records that values stand for. */
export interface RecordFinder {
  /**
   * The sys_id of the one record of that kind with `value` in one of its keys; `undefined` where there is none. Rights needed: read
   * on the table. Costs one call for a value not asked for lately, else none.
   *
   * @throws PermanentError where several match.
   */
  find(instance: Instance, kind: RecordKind, value: string): Promise<string | undefined>;
}

/** A finder that remembers what it found, per connection. */
export function makeRecordFinder(clock: Clock): RecordFinder {
  const lookUps = new Map<string, () => Promise<string | undefined>>();
  const cache = makeExpiringCache<string | undefined>(
    // There is one whenever the cache loads: it is put there right before.
    async (key) => lookUps.get(key)?.(),
    {
      clock,
      maxAgeInMs: (sysId) => (sysId === undefined ? NOT_FOUND_MAX_AGE_IN_MS : FOUND_MAX_AGE_IN_MS),
      capacity: MOST_KEPT,
    },
  );
  return {
    async find(instance, kind, value) {
      if (!canName(value)) return undefined;
      const key = [instance.settings.identifier, kind.table, ...kind.keys, value].join('\n');
      lookUps.set(key, () => lookUp(instance, kind, value));
      try {
        return await cache.get(key);
      } finally {
        lookUps.delete(key);
      }
    },
  };
}

async function lookUp(
  instance: Instance,
  { table, keys, what, activeOnly = false }: RecordKind,
  value: string,
): Promise<string | undefined> {
  const { records } = await instance.tables.list(table, {
    where: [
      keys.map((field) => [field, '=', value] as const),
      ...(activeOnly ? [['active', '=', 'true'] as const] : []),
    ],
    fields: [...new Set(['sys_id', ...keys, ...(activeOnly ? ['active'] : [])])],
    limit: 10,
  });
  // A field that the instance does not know is dropped from the query and then matches everything: look again.
  const matching = records.filter(
    (record) =>
      keys.some((field) => record[field]?.toLowerCase() === value.toLowerCase()) &&
      !(activeOnly && record.active === 'false'),
  );
  const ids = new Set(matching.map((record) => record.sys_id));
  if (ids.size > 1) {
    const fields = keys.filter((field) => field !== 'sys_id').join(', ');
    throw new PermanentError(`Expected one ServiceNow ${what}, found ${ids.size}: make ${fields} unique`);
  }
  return matching[0]?.sys_id;
}
