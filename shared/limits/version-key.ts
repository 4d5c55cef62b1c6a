import { randomBytes } from 'node:crypto';
import * as z from 'zod/mini';
import { UnavailableError } from '../errors.ts';
import { once } from '../once.ts';
import { parse } from '../parse.ts';
import { ConflictError, type EntityTable } from '../storage/entity-table.ts';

const PARTITION = 'version-key';
const ROW = 'v1';
const KEY_LENGTH_IN_BYTES = 32;

const schema = z.looseObject({ Key: z.instanceof(Uint8Array) });

/**
 * A random key that all instances share and that nothing else knows: versions of secret settings are made with it where
 * their source keeps none, so that instances compare versions and never values. Made by whoever needs it first.
 *
 * @throws UnavailableError when table `limits` can't be reached.
 */
export function makeLoadVersionKey(table: EntityTable): () => Promise<Uint8Array> {
  return once(async () => {
    const known = await read();
    if (known) return known;
    try {
      const columns = { v: 1, Key: new Uint8Array(randomBytes(KEY_LENGTH_IN_BYTES)) };
      await table.commit(PARTITION, [{ kind: 'insert', rowKey: ROW, columns }]);
    } catch (error) {
      // Another instance was first.
      if (!(error instanceof ConflictError)) throw error;
    }
    const made = await read();
    if (made) return made;
    throw new UnavailableError('Expected the key of setting versions in table limits, found none; it is tried again');
  });

  async function read(): Promise<Uint8Array | undefined> {
    const row = await table.get(PARTITION, ROW);
    const parsed = row && parse(schema, row.columns);
    return parsed?.ok ? parsed.value.Key : undefined;
  }
}
