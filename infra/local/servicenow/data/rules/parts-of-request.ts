import type { Row } from '../row.ts';
import type { Records } from './follow-up.ts';

/** The items of a request. */
export function itemsOf(database: Pick<Records, 'rows'>, { sys_id }: Row): Row[] {
  return [...database.rows('sc_req_item')].filter(({ request }) => request === sys_id);
}

/** The tasks of a requested item. */
export function tasksOf(database: Pick<Records, 'rows'>, { sys_id }: Row): Row[] {
  return [...database.rows('sc_task')].filter(({ request_item }) => request_item === sys_id);
}
