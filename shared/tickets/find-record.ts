import type { Clock } from '../clock.ts';
import { PermanentError } from '../errors.ts';
import { makeExpiringCache } from '../expiring-cache.ts';
import type { Instance } from '../servicenow/client.ts';
import { isQueryable } from '../servicenow/encoded-query.ts';

/** The fields by which a person is recognised. */
const KEYS = ['user_name', 'email', 'employee_number', 'sys_id'] as const;

const FOUND_MAX_AGE_IN_MS = 3_600_000;
/** The fields compared hold no more, and the value stands in the URL once for each of them. */
const LONGEST_VALUE = 100;
/** A joiner may be added any minute. */
const NOT_FOUND_MAX_AGE_IN_MS = 60_000;
const MOST_CALLERS_KEPT = 20_000;

/** Finds the `sys_user` a value stands for. */
export interface CallerFinder {
  /**
   * The sys_id of the one user whose user name, email, employee number or sys_id is `value`; `undefined` where there is
   * none. Rights needed: read on sys_user. Costs one call for a value not asked for lately, else none.
   *
   * @throws PermanentError where several users match.
   */
  find(instance: Instance, value: string): Promise<string | undefined>;
}

/** A finder that remembers whom it found, per connection. */
export function makeCallerFinder(clock: Clock): CallerFinder {
  const instances = new Map<string, Instance>();
  const cache = makeExpiringCache<string | undefined>(
    (key) => {
      const [connection = '', value = ''] = splitKey(key);
      const instance = instances.get(connection);
      return instance ? lookUpCaller(instance, value) : Promise.resolve(undefined);
    },
    {
      clock,
      maxAgeInMs: (sysId) => (sysId === undefined ? NOT_FOUND_MAX_AGE_IN_MS : FOUND_MAX_AGE_IN_MS),
      capacity: MOST_CALLERS_KEPT,
    },
  );
  return {
    async find(instance, value) {
      if (!isQueryable(value) || value.length > LONGEST_VALUE) return undefined;
      instances.set(instance.settings.identifier, instance);
      return cache.get(`${instance.settings.identifier}\n${value}`);
    },
  };
}

async function lookUpCaller(instance: Instance, value: string): Promise<string | undefined> {
  const { records } = await instance.tables.list('sys_user', {
    where: [KEYS.map((field) => [field, '=', value] as const)],
    fields: ['sys_id', ...KEYS],
    limit: 10,
  });
  // A field that the instance does not know is dropped from the query and then matches everybody: look again.
  const matching = records.filter((record) =>
    KEYS.some((field) => record[field]?.toLowerCase() === value.toLowerCase()),
  );
  const ids = new Set(matching.map((record) => record.sys_id));
  if (ids.size > 1)
    throw new PermanentError(
      `Expected one ServiceNow user for the caller of this order, found ${ids.size}: make user name, email and employee number unique`,
    );
  return matching[0]?.sys_id;
}

function splitKey(key: string): [string, string] {
  const at = key.indexOf('\n');
  return [key.slice(0, at), key.slice(at + 1)];
}
