import type { BlobStore } from '../storage/blob-store.ts';

/**
 * What is said of a run's file, written after it: who finds the manifest finds the file it names, whole. Times are ISO 8601.
 */
export interface Manifest {
  readonly v: 1;
  readonly Connection: string;
  readonly Table: string;
  readonly Mode: 'complete' | 'incremental';
  readonly Run: string;
  /** The file's path in container `export-output`. */
  readonly File: string;
  readonly Columns: readonly string[];
  readonly KeyColumns: readonly string[];
  readonly Rows: number;
  /** How many of them say that a row was deleted. */
  readonly Deleted: number;
  readonly Bytes: number;
  /** SHA-256 of the file, in hex. */
  readonly Sha256: string;
  /** Of an incremental file: it has all that was changed since then … */
  readonly Since?: string;
  /** … until then, by the instance's own clock; the next one goes on from there. */
  readonly Cookie: string;
  /** Whether every row is in it that there is; else why not. */
  readonly Complete: boolean;
  readonly Reasons: readonly string[];
  readonly StartedAt: string;
  readonly FinishedAt: string;
}

const folderOf = ({ Connection, Table, Mode }: Pick<Manifest, 'Connection' | 'Table' | 'Mode'>) =>
  `${Mode}/${Connection}_${Table}`;

/** Where a run's file is. */
export function filePath(run: Pick<Manifest, 'Connection' | 'Table' | 'Mode' | 'Run'>): string {
  return `${folderOf(run)}/${run.Run}.csv`;
}

/** Where the latest complete file is that lacks nothing, under a name that never changes. */
export function latestPath(of: Pick<Manifest, 'Connection' | 'Table'>): string {
  return `${folderOf({ ...of, Mode: 'complete' })}.csv`;
}

/** Writes a run's manifest beside its file, and of a complete one also the one that names the latest. */
export async function writeManifest(blobs: Pick<BlobStore, 'write'>, manifest: Manifest): Promise<void> {
  const text = `${JSON.stringify(manifest, null, 2)}\n`;
  await blobs.write(`${folderOf(manifest)}/${manifest.Run}.json`, text);
  if (manifest.Mode === 'complete') await blobs.write(`${folderOf(manifest)}.json`, text);
}

/**
 * Removes what is kept long enough, files before their manifests, so that no manifest names a file that is gone for longer than it
 * takes. `kept` are paths that are needed still.
 */
export async function removeOld(
  blobs: Pick<BlobStore, 'list' | 'remove'>,
  of: Pick<Manifest, 'Connection' | 'Table'>,
  keep: { readonly completes: number; readonly incrementalsSince: Date; readonly kept: ReadonlySet<string> },
): Promise<void> {
  const runsIn = async (mode: Manifest['Mode']) => {
    const paths: string[] = [];
    for await (const path of blobs.list(`${folderOf({ ...of, Mode: mode })}/`)) paths.push(path);
    return [...new Set(paths.map((path) => path.replace(/\.(csv|json)$/, '')))].sort();
  };
  const completes = (await runsIn('complete')).slice(0, -keep.completes);
  const oldest = runName(keep.incrementalsSince);
  const incrementals = (await runsIn('incremental')).filter((path) => (path.split('/').at(-1) ?? '') < oldest);
  for (const path of [...completes, ...incrementals])
    if (!keep.kept.has(`${path}.csv`)) for (const end of ['csv', 'json']) await blobs.remove(`${path}.${end}`);
}

/** A run's name: when it was begun, so that names sort by time. */
export function runName(at: Date): string {
  return at.toISOString().replace(/[-:.]/g, '');
}
