import type { Database } from '../data/database.ts';
import type { Row } from '../data/row.ts';
import { readTableParameters } from '../table-api/table-parameters.ts';

/** There are only plain items. */
const otherTypes = ['Record Producer', 'Order Guide'];

/**
 * The window of active items that the `sysparm_` parameters ask for; what the user may see of it is another matter, so a
 * page may be short. Items are in no category.
 */
export function listItems(database: Database, query: URLSearchParams): Row[] {
  const { limit, offset } = readTableParameters(query);
  const text = query.get('sysparm_text')?.toLowerCase() ?? '';
  const catalog = query.get('sysparm_catalog');
  if (query.has('sysparm_category') || otherTypes.includes(query.get('sysparm_type') ?? '')) return [];
  return [...database.rows('sc_cat_item')]
    .filter(
      ({ active, name, short_description, sc_catalogs = '' }) =>
        active === 'true' &&
        `${name} ${short_description}`.toLowerCase().includes(text) &&
        (catalog === null || sc_catalogs.split(',').includes(catalog)),
    )
    .slice(offset, offset + limit);
}
