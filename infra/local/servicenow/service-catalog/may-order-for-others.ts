import type { Properties } from '../data/properties.ts';

/**
 * Whether somebody with these roles can order for another user: by a role of `glide.sc.req_for.roles`; where it names
 * none, unless `glide.sc.req_for.roles.default` says deny; administrators always. The documentation does not say what
 * becomes of an order for another by somebody who may not: here it is for who orders.
 * Source: "Configure the default behavior to request items for other users" of the product documentation.
 */
export function mayOrderForOthers(properties: Properties, roles: ReadonlySet<string>): boolean {
  const named = (properties('glide.sc.req_for.roles') ?? '')
    .split(',')
    .map((role) => role.trim())
    .filter((role) => role !== '');
  if (roles.has('admin')) return true;
  if (named.length > 0) return named.some((role) => roles.has(role));
  return properties('glide.sc.req_for.roles.default') !== 'deny';
}
