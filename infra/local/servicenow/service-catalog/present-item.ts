import type { Row } from '../data/row.ts';
import { presentVariable } from './present-variable.ts';

/** A catalog item as the catalog shows it: without prices, in no category, and with all there is to it where its variables are given. */
export function presentItem(item: Row, variables?: readonly Row[]): object {
  const catalogs = (item.sc_catalogs ?? '').split(',').filter((sysId) => sysId !== '');
  return {
    short_description: item.short_description || null,
    kb_article: '',
    icon: 'images/icons/catalog_item.gifx',
    description: item.description ?? '',
    show_price: false,
    type: 'catalog_item',
    show_quantity: true,
    sys_class_name: item.sys_class_name,
    picture: '',
    url: '',
    sys_id: item.sys_id,
    content_type: '',
    catalogs: catalogs.map((sys_id) => ({ sys_id, title: 'Service Catalog' })),
    name: item.name,
    category: { sys_id: '', title: '' },
    order: Number(item.order),
    ...(variables && {
      categories: [],
      variables: variables.map(presentVariable),
      ui_policy: [],
      client_script: { onChange: [], onSubmit: [], onLoad: [] },
      data_lookup: [],
    }),
  };
}
