/** The Batch API, which is of no table. */
export interface BatchTarget {
  readonly api: 'batch';
  readonly table: 'batch';
  readonly sysId?: undefined;
}

/** Reads "/api/now[/v1]/batch", or gives `undefined` for any other path. */
export function readBatchTarget(path: string): BatchTarget | undefined {
  return /^\/api\/now(?:\/v1)?\/batch\/?$/.test(path) ? { api: 'batch', table: 'batch' } : undefined;
}
