import type { Access } from '../access/access.ts';
import type { Database } from '../data/database.ts';
import { readPath } from '../data/read-path.ts';
import type { Row } from '../data/row.ts';
import type { TimeZone } from '../data/time-zone.ts';
import { compareValues } from '../query/compare-values.ts';
import { Refusal } from '../refusal.ts';
import { invalidTable, methodNotSupported } from '../refusals.ts';
import { type Answer, json } from '../requests/answer.ts';
import type { ApiRequest } from '../requests/api-request.ts';
import { listRecords } from '../table-api/list-records.ts';
import type { StatsTarget } from './stats-target.ts';

export interface StatsApiDependencies {
  readonly database: Database;
  readonly access: Access;
  readonly invalidQueryReturnsNoRows: boolean;
  zoneOfUser(user: Row): TimeZone;
}

/**
 * Answers the Aggregate API: how many records there are, and the least and the greatest of some of their values, all together or in
 * groups; every number is text. Rows that only an ACL hides are counted too.
 * @throws Refusal for what the instance refuses.
 * Source: "Aggregate API" of the product documentation.
 */
export function makeStatsApi({ database, access, zoneOfUser, invalidQueryReturnsNoRows }: StatsApiDependencies) {
  return (request: ApiRequest, { table }: StatsTarget, user: Row): Answer => {
    if (database.dictionary.table(table) === undefined) throw invalidTable(table);
    if (request.method !== 'GET') throw methodNotSupported(request.method);
    if (!access.mayUseTable(user, table, 'read')) throw new Refusal(403, 'Insufficient rights to query records', null);
    const { query } = request;
    const names = (parameter: string) => (query.get(parameter) ?? '').split(',').filter((name) => name !== '');
    const groupBy = names('sysparm_group_by').filter((name) => readPath(database, table, name) !== undefined);
    const select = (limit: number) =>
      listRecords(database, table, query, { limit, offset: 0 }, zoneOfUser(user), {
        invalidQueryReturnsNoRows,
        isFound: access.beforeQuery(user, table),
        isShown: () => true,
      });
    const extremes = [...names('sysparm_min_fields'), ...names('sysparm_max_fields')];
    const isCountOnly = groupBy.length === 0 && extremes.length === 0;
    const { rows, total } = select(isCountOnly ? 1 : Number.MAX_SAFE_INTEGER);
    const statsOf = (of: readonly Row[], count: number) => ({
      ...(query.get('sysparm_count') === 'true' && { count: String(count) }),
      ...extreme('min', names('sysparm_min_fields'), of),
      ...extreme('max', names('sysparm_max_fields'), of),
    });
    if (groupBy.length === 0) return json(200, { result: { stats: statsOf(rows, total) } });
    const groups = Map.groupBy(rows, (row) => JSON.stringify(groupBy.map((name) => row[name] ?? '')));
    const result = [...groups.values()].map((members) => ({
      stats: statsOf(members, members.length),
      groupby_fields: groupBy.map((field) => ({ field, value: members[0]?.[field] ?? '' })),
    }));
    return json(200, { result });

    function extreme(kind: 'min' | 'max', fields: readonly string[], of: readonly Row[]) {
      const found = fields.flatMap((name) => {
        const path = readPath(database, table, name);
        if (!path) return [];
        const values = of.map(path.value).filter((value) => value !== '');
        const sorted = values.sort(compareValues(path.field));
        return [[name, (kind === 'min' ? sorted[0] : sorted.at(-1)) ?? '']];
      });
      return found.length === 0 ? {} : { [kind]: Object.fromEntries(found) };
    }
  };
}
