import { type AttachmentTarget, readAttachmentTarget } from '../attachment-api/attachment-target.ts';
import { type BatchTarget, readBatchTarget } from '../batch-api/batch-target.ts';
import { type CatalogTarget, readCatalogTarget } from '../service-catalog/catalog-target.ts';
import { readStatsTarget, type StatsTarget } from '../stats-api/stats-target.ts';
import { readTableTarget, type TableTarget } from '../table-api/table-target.ts';

/** What the path of a REST request names. Each has a table, for fault rules and the log. */
export type ApiTarget = TableTarget | CatalogTarget | AttachmentTarget | StatsTarget | BatchTarget;

/** Reads the path of a request to one of the APIs that the instance has, or gives `undefined` for any other path. */
export function readTarget(path: string): ApiTarget | undefined {
  return (
    readTableTarget(path) ??
    readCatalogTarget(path) ??
    readAttachmentTarget(path) ??
    readStatsTarget(path) ??
    readBatchTarget(path)
  );
}
