import type { ConnectionSettings } from '../../../../shared/secrets/connection-settings.ts';
import { makeAttachmentApi } from '../../../../shared/servicenow/attachment-api.ts';
import { makeCatalogApi } from '../../../../shared/servicenow/catalog-api.ts';
import type { Instance } from '../../../../shared/servicenow/client.ts';
import type { TableApi } from '../../../../shared/servicenow/table-api.ts';

/** An instance of which only tables are read. */
export function instanceOf(settings: ConnectionSettings, tables: TableApi): Instance {
  const unexpected = () => Promise.reject(new Error('Expected calls to the Table API only'));
  return {
    settings,
    host: new URL(settings.server).host,
    concurrencyLimit: settings.concurrencyLimit,
    tables,
    attachments: makeAttachmentApi(settings.root, unexpected),
    catalog: makeCatalogApi(settings.root, unexpected),
    takesPassword: unexpected,
  };
}
