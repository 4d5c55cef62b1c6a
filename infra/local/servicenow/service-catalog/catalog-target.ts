/** What the path of a Service Catalog API request names. */
export type CatalogTarget =
  | { readonly api: 'catalog'; readonly resource: 'items'; readonly table: string; readonly sysId?: undefined }
  | {
      readonly api: 'catalog';
      readonly resource: keyof typeof tables;
      /** The table whose records it is about: an order makes a request. */
      readonly table: string;
      /** Of the item. */
      readonly sysId: string;
    };

const tables = { item: 'sc_cat_item', variables: 'item_option_new', order_now: 'sc_request' } as const;

/** Reads "/api/sn_sc[/v1]/servicecatalog/items[/{sys_id}[/variables|/order_now]]", or gives `undefined` for any other path. */
export function readCatalogTarget(path: string): CatalogTarget | undefined {
  const match =
    /^\/api\/sn_sc(?:\/v1)?\/servicecatalog\/items(?:\/(?<sysId>[^/]+)(?:\/(?<part>variables|order_now))?)?\/?$/.exec(
      path,
    );
  if (match === null) return undefined;
  const { sysId, part } = match.groups ?? {};
  if (sysId === undefined) return { api: 'catalog', resource: 'items', table: 'sc_cat_item' };
  const resource = part === 'variables' || part === 'order_now' ? part : 'item';
  return { api: 'catalog', resource, table: tables[resource], sysId };
}
