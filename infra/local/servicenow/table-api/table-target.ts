/** What the path of a Table API request names. */
export interface TableTarget {
  readonly api: 'table';
  readonly table: string;
  readonly sysId?: string;
  /** "v1", "v2", or absent for the latest. */
  readonly version?: string;
}

/** Reads "/api/now[/v1|/v2]/table/{table}[/{sys_id}]", or gives `undefined` for any other path. */
export function readTableTarget(path: string): TableTarget | undefined {
  const [, version, table, sysId] = /^\/api\/now(?:\/(v[12]))?\/table\/([^/]+)(?:\/([^/]+))?\/?$/.exec(path) ?? [];
  if (table === undefined) return undefined;
  return { api: 'table', table, ...(sysId !== undefined && { sysId }), ...(version !== undefined && { version }) };
}
