/** The table incidents live in. */
export const INCIDENT = 'incident';

/** What is read of an incident to know it again and to tell its outcome. */
export const FOLLOWED_INCIDENT_FIELDS = [
  'sys_id',
  'number',
  'state',
  'active',
  'close_code',
  'close_notes',
  'correlation_id',
  'correlation_display',
  'sys_mod_count',
  'sys_created_by',
  'closed_by.user_name',
  'closed_by.name',
  'resolved_by.user_name',
  'resolved_by.name',
  'parent_incident.number',
  'parent_incident.state',
] as const;

/** The same, and what the instance made of what was written. */
export const INCIDENT_FIELDS = [
  ...FOLLOWED_INCIDENT_FIELDS,
  'sys_created_on',
  'caller_id',
  'assignment_group',
  'category',
  'subcategory',
  'impact',
  'urgency',
] as const;

/** What is written when an incident is made. */
export const WRITTEN_FIELDS = [
  'short_description',
  'description',
  'work_notes',
  'caller_id',
  'assignment_group',
  'category',
  'subcategory',
  'impact',
  'urgency',
  'correlation_id',
  'correlation_display',
] as const;
