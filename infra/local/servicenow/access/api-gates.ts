import type { Properties } from '../data/properties.ts';
import type { Row } from '../data/row.ts';
import type { Access } from './access.ts';

/** Who is let in at all, before it matters what they ask for. */
export interface ApiGates {
  /** Basic authentication: always, unless the instance restricts it to integration users and holders of its role. */
  mayUseBasic(user: Row): boolean;
  /** REST: always, unless the simulator's switch demands the role for it. */
  mayUseRest(user: Row): boolean;
}

/** Binds the gates to the system properties and roles as they are at each request. */
export function makeApiGates(properties: Properties, access: Access): ApiGates {
  return {
    mayUseBasic: (user) =>
      properties('glide.authenticate.basic_auth.restriction.enforce') !== 'true' ||
      user.web_service_access_only === 'true' ||
      user.internal_integration_user === 'true' ||
      access.rolesOf(user).has('snc_basic_auth_api_access'),
    mayUseRest: (user) =>
      properties('simulator.rest_api_role.required') !== 'true' ||
      access.rolesOf(user).has('snc_platform_rest_api_access') ||
      access.rolesOf(user).has('admin'),
  };
}
