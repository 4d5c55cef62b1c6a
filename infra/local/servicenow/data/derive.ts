import type { Database } from './database.ts';

/**
 * Gives what `compute` makes of some tables, computed anew only after one of their records was written. What is asked at
 * every request must not read whole tables.
 */
export function derive<T>(database: Database, tables: readonly string[], compute: () => T): () => T {
  let known: { readonly revision: number; readonly value: T } | undefined;
  return () => {
    const revision = tables.reduce((sum, table) => sum + database.revision(table), 0);
    if (known?.revision !== revision) known = { revision, value: compute() };
    return known.value;
  };
}
