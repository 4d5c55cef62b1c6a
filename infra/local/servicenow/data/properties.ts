import type { Database } from './database.ts';
import { derive } from './derive.ts';

/** Reads a system property as it is now; `undefined` where there is none. */
export type Properties = (name: string) => string | undefined;

/** Binds the properties to table `sys_properties`. */
export function makeProperties(database: Database): Properties {
  const values = derive(
    database,
    ['sys_properties'],
    () => new Map([...database.rows('sys_properties')].map((row) => [row.name ?? '', row.value ?? ''])),
  );
  return (name) => values().get(name);
}
