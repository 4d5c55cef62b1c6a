/**
 * Tables whose deletions are kept whatever their own settings say. Source: property `glide.ui.audit_deleted_tables` in "Available system
 * properties" of the product documentation, with its default.
 */
export const auditedTables: readonly string[] = [
  'sys_user',
  'sys_user_group',
  'sys_user_role',
  'sys_user_has_role',
  'sys_user_grmember',
  'sys_group_has_role',
  'sys_security_acl_role',
];
