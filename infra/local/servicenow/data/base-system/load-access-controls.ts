import type { Database } from '../database.ts';
import { baseSysId } from './base-sys-id.ts';
import type { Role } from './roles.ts';

type Operations = 'read' | 'create write' | 'create write delete' | 'read create write delete';

/**
 * Who may do what. Tables that are not named here, and operations that are not, are open. Files come and go by the
 * Attachment API, which asks for access to the record; the Table API only shows their metadata.
 */
const accessControls: readonly (readonly [name: string, operations: Operations, roles: readonly Role[]])[] = [
  ['incident', 'read', ['itil', 'sn_incident_read']],
  ['incident', 'create write', ['itil', 'sn_incident_write']],
  ['sc_request', 'read', ['itil', 'sn_request_read']],
  ['sc_request', 'create write', ['itil', 'sn_request_write']],
  ['sc_req_item', 'read', ['itil', 'sn_request_read']],
  ['sc_req_item', 'create write', ['itil', 'sn_request_write']],
  ['sc_task', 'read', ['itil', 'sn_request_read']],
  ['sc_task', 'create write', ['itil', 'sn_request_write']],
  ['sc_item_option', 'read', ['itil', 'sn_request_read']],
  ['sc_item_option', 'create write delete', ['catalog_admin']],
  ['sc_item_option_mtom', 'read', ['itil', 'sn_request_read']],
  ['sc_item_option_mtom', 'create write delete', ['catalog_admin']],
  ['item_option_new', 'read', ['itil', 'sn_request_read', 'catalog_admin']],
  ['item_option_new', 'create write delete', ['catalog_admin']],
  ['sysapproval_approver', 'read', ['itil', 'sn_request_read']],
  ['sysapproval_approver', 'create write delete', ['admin']],
  ['sys_attachment', 'create write delete', ['admin']],
  ['sys_audit_delete', 'read create write delete', ['admin']],
  ['sys_user', 'read', ['itil', 'sys_user_read']],
  ['sys_user', 'create write delete', ['user_admin']],
  ['sys_user_group', 'read', ['itil', 'sys_user_read']],
  ['sys_user_group', 'create write delete', ['user_admin']],
  ['sys_user_grmember', 'read', ['itil', 'sys_user_read']],
  ['sys_user_grmember', 'create write delete', ['user_admin']],
  ['sys_choice', 'read', ['itil', 'sys_choice_read']],
  ['sys_choice', 'create write delete', ['personalize_choices']],
  ['sc_cat_item', 'create write delete', ['catalog_admin']],
  ['sys_properties', 'read', ['sys_properties_read']],
  ['sys_properties', 'create write delete', ['admin']],
  ['sys_user_role', 'read', ['sys_user_role_read']],
  ['sys_user_role', 'create write delete', ['admin']],
  ['sys_user_has_role', 'read', ['sys_user_role_read']],
  ['sys_user_has_role', 'create write delete', ['admin']],
  ['sys_db_object', 'read', ['sys_dictionary_read']],
  ['sys_db_object', 'create write delete', ['admin']],
  ['sys_dictionary', 'read', ['sys_dictionary_read']],
  ['sys_dictionary', 'create write delete', ['admin']],
  ['sys_security_acl', 'read create write delete', ['security_admin']],
  ['sys_security_acl_role', 'read create write delete', ['security_admin']],
  ['oauth_entity', 'read create write delete', ['admin']],
];

/** Loads the access controls with their roles. */
export function loadAccessControls(database: Database): void {
  for (const [name, operations, roles] of accessControls) {
    for (const operation of operations.split(' ')) {
      const acl = baseSysId('sys_security_acl', `${name} ${operation}`);
      database.load('sys_security_acl', acl, { name, operation });
      for (const role of roles) {
        database.load('sys_security_acl_role', baseSysId('sys_security_acl_role', `${acl} ${role}`), {
          sys_security_acl: acl,
          sys_user_role: baseSysId('sys_user_role', role),
        });
      }
    }
  }
}
