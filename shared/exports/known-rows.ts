import { Readable } from 'node:stream';
import * as z from 'zod/mini';
import { parse } from '../parse.ts';
import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { BlobStore } from '../storage/blob-store.ts';
import type { ExportState } from './export-state.ts';

/** What a reader of the files knows by now. */
export interface KnownRows {
  /** Rows of the complete file that were not deleted since, in its order. */
  complete(): AsyncIterable<ServiceNowRecord>;
  /** The rows of incremental files since; of one that came again, each time. */
  incremental(): AsyncIterable<ServiceNowRecord>;
  /** The sys_ids of rows that came since, and were not deleted again. */
  readonly added: ReadonlySet<string>;
}

const row = z.record(z.string(), z.string());

/** Reads the incremental files for what they deleted and added; the rows come as they are asked for. @throws UnavailableError. */
export async function readKnownRows(
  files: Pick<BlobStore, 'chunks'>,
  { CompleteFile, Incrementals }: Pick<ExportState, 'CompleteFile' | 'Incrementals'>,
  command: { readonly column: string; readonly delete: string },
): Promise<KnownRows> {
  const added = new Set<string>();
  const deleted = new Set<string>();
  for (const path of Incrementals)
    for await (const { sys_id: sysId = '', [command.column]: word } of rowsIn(files, path)) {
      const isDeleted = word === command.delete;
      (isDeleted ? deleted : added).add(sysId);
      (isDeleted ? added : deleted).delete(sysId);
    }

  async function* complete(): AsyncGenerator<ServiceNowRecord> {
    if (CompleteFile === undefined) return;
    for await (const one of rowsIn(files, CompleteFile)) if (!deleted.has(one.sys_id ?? '')) yield one;
  }

  async function* incremental(): AsyncGenerator<ServiceNowRecord> {
    for (const path of Incrementals)
      for await (const one of rowsIn(files, path)) if (one[command.column] !== command.delete) yield one;
  }

  return { complete, incremental, added };
}

async function* rowsIn(files: Pick<BlobStore, 'chunks'>, path: string): AsyncGenerator<ServiceNowRecord> {
  const { parse: parser } = await import('csv-parse');
  for await (const record of Readable.from(files.chunks(path)).pipe(parser({ columns: true, bom: true }))) {
    const parsed = parse(row, record);
    if (!parsed.ok) throw new Error(`Expected rows in ${path}, got ${parsed.faults.join('; ')}`);
    yield parsed.value;
  }
}
