import type { Fields } from '../field.ts';

/** The fields that every table has. */
export const systemFields = {
  sys_id: { type: 'string', label: 'Sys ID', readOnly: true, maxLength: 32 },
  sys_created_on: { type: 'glide_date_time', label: 'Created', readOnly: true },
  sys_created_by: { type: 'string', label: 'Created by', readOnly: true },
  sys_updated_on: { type: 'glide_date_time', label: 'Updated', readOnly: true },
  sys_updated_by: { type: 'string', label: 'Updated by', readOnly: true },
  sys_mod_count: { type: 'integer', label: 'Updates', readOnly: true, default: '0' },
  sys_tags: { type: 'string', label: 'Tags', readOnly: true },
} as const satisfies Fields;
