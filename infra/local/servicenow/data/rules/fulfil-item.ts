import type { Row } from '../row.ts';
import type { Records } from './follow-up.ts';

/** The flow of every catalog item here: one task for the item's group, made by the user whose doing brought the flow there. */
export function fulfilItem(database: Pick<Records, 'find' | 'insert'>, item: Row, as: string): void {
  const { sys_id = '', request = '', cat_item = '', short_description = '' } = item;
  const group = database.find('sc_cat_item', cat_item)?.group ?? '';
  const task = { request_item: sys_id, request, parent: sys_id, short_description, assignment_group: group };
  database.insert('sc_task', task, as);
}
