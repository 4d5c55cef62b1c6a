import type { Access } from '../access/access.ts';
import type { Database } from '../data/database.ts';
import type { Row } from '../data/row.ts';

/** Who may see, and so order, which catalog items. */
export interface ItemReader {
  mayOrder(user: Row, item: Row): boolean;
  /** The item, if there is one and the user may order it. */
  find(user: Row, sysId: string): Row | undefined;
  /** The variables of an item that are asked, in order. */
  variablesOf(item: Row): readonly Row[];
}

/**
 * Binds the catalog to the access controls. An item is there for those who may read the table and have one of the item's
 * roles, as long as it is active; administrators need no role. Source: "Restrict access by role" of the product documentation.
 */
export function makeItemReader(database: Database, access: Access): ItemReader {
  const mayOrder: ItemReader['mayOrder'] = (user, item) => {
    const roles = access.rolesOf(user);
    const needed = (item.roles ?? '').split(',').filter((role) => role !== '');
    return item.active === 'true' && (needed.length === 0 || ['admin', ...needed].some((role) => roles.has(role)));
  };
  return {
    mayOrder,
    find(user, sysId) {
      const item = access.findReadable(user, 'sc_cat_item', sysId);
      return item !== undefined && mayOrder(user, item) ? item : undefined;
    },
    variablesOf: ({ sys_id }) =>
      [...database.rows('item_option_new')]
        .filter(({ cat_item, active }) => cat_item === sys_id && active === 'true')
        .sort((left, right) => Number(left.order) - Number(right.order)),
  };
}
