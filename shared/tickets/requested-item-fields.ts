/** The table of what was ordered; of the two, the requested item is the ticket. */
export const REQUESTED_ITEM = 'sc_req_item';

/** The table of the request that an item belongs to. */
export const REQUEST = 'sc_request';

/** The table of what people have to do for an item. */
export const CATALOG_TASK = 'sc_task';

/** What is read of a requested item to know it again and to tell its outcome. */
export const FOLLOWED_ITEM_FIELDS = [
  'sys_id',
  'number',
  'state',
  'active',
  'approval',
  'close_notes',
  'correlation_id',
  'correlation_display',
  'sys_mod_count',
  'sys_created_by',
  'closed_by.user_name',
  'closed_by.name',
  'request',
  'request.number',
  'request.request_state',
] as const;

/** The same, and what the instance made of what was written. */
export const REQUESTED_ITEM_FIELDS = [
  ...FOLLOWED_ITEM_FIELDS,
  'sys_created_on',
  'cat_item',
  'requested_for',
  'assignment_group',
  'impact',
  'urgency',
] as const;

/** The field of a request and of a task that carries the ticket key, whatever field of the requested item does. */
export const PART_KEY_FIELD = 'correlation_id';

/** What is read of a request and of a task: to know them again. */
export const PART_FIELDS = ['sys_id', 'number', PART_KEY_FIELD, 'correlation_display'] as const;
