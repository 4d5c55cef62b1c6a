import type { Table } from '../table.ts';

/** Which answers belong to which requested item. */
export const scItemOptionMtom: Table = {
  name: 'sc_item_option_mtom',
  label: 'Variable Ownership',
  display: 'sc_item_option',
  fields: {
    request_item: { type: 'reference', label: 'Parent Item', table: 'sc_req_item' },
    sc_item_option: { type: 'reference', label: 'Dependent Item', table: 'sc_item_option' },
  },
};
