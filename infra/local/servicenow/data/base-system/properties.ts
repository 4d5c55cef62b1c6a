/**
 * System properties as a plain instance has them. The simulator goes by those of authentication, of orders for others
 * and by the default time zone; the others are for who reads them. Source: "Available system properties" of the product documentation.
 */
export const properties = [
  { name: 'instance_name', value: 'contoso', type: 'string', description: 'Name of the instance' },
  { name: 'glide.buildname', value: 'Zurich', type: 'string', description: 'Name of the release' },
  {
    name: 'glide.war',
    value: 'glide-zurich-07-01-2025__patch6-01-15-2026_02-04-2026_1630.zip',
    type: 'string',
    description: 'Release and patch that are installed',
  },
  {
    name: 'glide.ui.autoclose.time',
    value: '7',
    type: 'integer',
    description: 'Days after which a resolved incident closes by itself; 0 for never',
  },
  {
    name: 'glide.authenticate.basic_auth.restriction.enforce',
    value: 'false',
    type: 'boolean',
    description: 'Basic authentication only for integration users and holders of snc_basic_auth_api_access',
  },
  {
    name: 'glide.enable.password_policy',
    value: 'false',
    type: 'boolean',
    description: 'Passwords of users have to meet the password policy',
  },
  {
    name: 'glide.oauth.inbound.client.credential.grant_type.enabled',
    value: 'true',
    type: 'boolean',
    description: 'Allow the OAuth grant client_credentials',
  },
  { name: 'glide.sys.default.tz', value: 'GMT', type: 'timezone', description: 'Time zone of users who have none' },
  {
    name: 'glide.sc.req_for.roles',
    value: 'itil,sn_request_write',
    type: 'string',
    description: 'Roles (comma-separated) that can order for other users',
  },
  {
    name: 'glide.sc.req_for.roles.default',
    value: 'deny',
    type: 'choicelist',
    description: 'Whether any user can order for other users where no roles are named: allow or deny',
  },
  {
    name: 'com.glide.attachment.max_size',
    value: '1024',
    type: 'integer',
    description: 'Largest attachment in megabytes',
  },
  {
    name: 'glide.attachment.extensions',
    value: '',
    type: 'string',
    description: 'File extensions (comma-separated) that can be attached; empty for all',
  },
  {
    name: 'simulator.rest_api_role.required',
    value: 'false',
    type: 'boolean',
    description: 'A switch of the simulator alone: REST calls need role snc_platform_rest_api_access',
  },
] as const;
