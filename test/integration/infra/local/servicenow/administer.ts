import type { ServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { makeClient } from './client.ts';

/** The sys_id of the one record that a query finds. */
export function idOf(instance: ServiceNow, table: string, query: string): string {
  const [row, ...more] = instance.records(table, query);
  if (row?.sys_id === undefined || more.length > 0) {
    throw new Error(`Expected one record of ${table} with ${query}, got ${instance.records(table, query).length}`);
  }
  return row.sys_id;
}

export function changeUser(instance: ServiceNow, login: string, values: Record<string, string>): void {
  instance.update('sys_user', idOf(instance, 'sys_user', `user_name=${login}`), values);
}

export function setProperty(instance: ServiceNow, name: string, value: string): void {
  instance.update('sys_properties', idOf(instance, 'sys_properties', `name=${name}`), { value });
}

export function changeApplication(instance: ServiceNow, values: Record<string, string>): void {
  instance.update('oauth_entity', idOf(instance, 'oauth_entity', `client_id=${instance.clientId}`), values);
}

export function giveRole(instance: ServiceNow, login: string, role: string): void {
  instance.insert('sys_user_has_role', {
    user: idOf(instance, 'sys_user', `user_name=${login}`),
    role: idOf(instance, 'sys_user_role', `name=${role}`),
  });
}

export function takeRole(instance: ServiceNow, login: string, role: string): void {
  const query = `user.user_name=${login}^role.name=${role}`;
  instance.remove('sys_user_has_role', idOf(instance, 'sys_user_has_role', query));
}

/** Adds an access control that needs `role`, and gives its sys_id. */
export function addControl(instance: ServiceNow, name: string, operation: string, role: string): string {
  const { sys_id = '' } = instance.insert('sys_security_acl', { name, operation });
  instance.insert('sys_security_acl_role', {
    sys_security_acl: sys_id,
    sys_user_role: idOf(instance, 'sys_user_role', `name=${role}`),
  });
  return sys_id;
}

/** A client of another user, who gets a password for it. */
export function clientOf(instance: ServiceNow, login: string) {
  instance.setPassword(login, 'a password of their own');
  return makeClient({ url: instance.url, login, password: 'a password of their own' });
}
