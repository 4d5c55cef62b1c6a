/** What the path of an Aggregate API request names. */
export interface StatsTarget {
  readonly api: 'stats';
  readonly table: string;
  readonly sysId?: undefined;
}

/** Reads "/api/now[/v1|/v2]/stats/{table}", or gives `undefined` for any other path. */
export function readStatsTarget(path: string): StatsTarget | undefined {
  const [, table] = /^\/api\/now(?:\/v[12])?\/stats\/([^/]+)\/?$/.exec(path) ?? [];
  return table === undefined ? undefined : { api: 'stats', table };
}
