import type { Database } from '../database.ts';
import { baseSysId } from './base-sys-id.ts';
import { catalogItems } from './catalog-items.ts';

/** Loads the catalog items with their variables. Groups come later, so nobody fulfils the items yet. */
export function loadCatalog(database: Database): void {
  for (const { item, variables } of catalogItems) {
    const cat_item = baseSysId('sc_cat_item', item.name);
    database.load('sc_cat_item', cat_item, item);
    variables.forEach((variable, index) => {
      const sysId = baseSysId('item_option_new', `${item.name} ${variable.name}`);
      database.load('item_option_new', sysId, { ...variable, cat_item, order: String((index + 1) * 100) });
    });
  }
}
