/**
 * The roles of the instance with what they are for. The last five stand for what administrators grant to an integration
 * by roles of their own.
 */
export const roles = {
  admin: 'Everything',
  security_admin: 'Access controls',
  itil: 'Works on tickets',
  user_admin: 'Users, groups and their members',
  catalog_admin: 'Catalog items',
  personalize_choices: 'Choices',
  rest_service: 'REST services',
  snc_platform_rest_api_access: 'The REST API, where the instance demands it',
  snc_basic_auth_api_access: 'Basic authentication, where the instance restricts it',
  sn_incident_read: 'Reads incidents',
  sn_incident_write: 'Creates and changes incidents',
  sn_request_read: 'Reads requests, their items, tasks and variables',
  sn_request_write: 'Orders from the catalog, creates and changes requests, their items and tasks',
  sys_user_read: 'Reads users and groups',
  sys_choice_read: 'Reads choices',
  sys_properties_read: 'Reads system properties',
  sys_user_role_read: 'Reads roles and who has them',
  sys_dictionary_read: 'Reads tables and their fields',
} as const;

/** A role that comes with the release. */
export type Role = keyof typeof roles;
