import { hash } from 'node:crypto';

/** The id of a record that comes with the release: the same on every instance. */
export function baseSysId(table: string, key: string): string {
  return hash('md5', `${table} ${key}`);
}
