import * as z from 'zod/mini';
import { parse } from '../parse.ts';
import { ServiceNowError } from './servicenow-error.ts';
import type { ApiAnswer, ApiRequest } from './table-api.ts';

/** What an order made. */
export interface OrderedRequest {
  readonly sysId: string;
  readonly number: string;
}

/** The Service Catalog API of one connection. Every method throws ServiceNowError where it did not succeed. */
export interface CatalogApi {
  /**
   * Orders one item at once, past the cart, which all who sign in as one user share. An answer of 400 says that nothing was
   * made: quantity, item and variables are looked at first. Rights needed: to order the item; to order for others, the role
   * that `glide.sc.req_for.roles` names, without which the request is silently for the user who signs in.
   */
  orderNow(
    item: string,
    order: { readonly requestedFor: string | undefined; readonly variables: Readonly<Record<string, string>> },
    beforeSend: () => void,
  ): Promise<OrderedRequest>;
  /** The names of an item's active variables, those in containers too. Rights needed: to order the item. */
  variables(item: string): Promise<readonly string[]>;
}

const orderedSchema = z.looseObject({ sys_id: z.string().check(z.minLength(1)), number: z.string() });
const variablesSchema = z.array(z.looseObject({ name: z.optional(z.string()), children: z.optional(z.unknown()) }));

/** Builds it; `root` is what stands before `/api/` in `Server`. Public documentation: "Service Catalog API". */
export function makeCatalogApi(root: string, call: (request: ApiRequest) => Promise<ApiAnswer>): CatalogApi {
  const itemUrl = (item: string) => `${root}/api/sn_sc/servicecatalog/items/${encodeURIComponent(item)}`;
  return {
    async orderNow(item, { requestedFor, variables }, beforeSend) {
      const json = {
        sysparm_quantity: 1,
        ...(requestedFor !== undefined && { sysparm_requested_for: requestedFor }),
        variables,
      };
      const request = { method: 'POST', url: `${itemUrl(item)}/order_now`, query: {}, json, beforeSend } as const;
      const { result } = await call(request).catch(nothingMadeBy400);
      const ordered = parse(orderedSchema, result);
      if (!ordered.ok) throw notUnderstood('the request that was ordered', ordered.faults);
      return { sysId: ordered.value.sys_id, number: ordered.value.number };
    },

    async variables(item) {
      const { result } = await call({ method: 'GET', url: `${itemUrl(item)}/variables`, query: {} });
      return namesOf(result);
    },
  };
}

/** Containers name no variable of their own and hold others. */
function namesOf(variables: unknown): string[] {
  const parsed = parse(variablesSchema, variables);
  if (!parsed.ok) throw notUnderstood('the variables of a catalog item', parsed.faults);
  return parsed.value.flatMap(({ name, children }) => [
    ...(name === undefined ? [] : [name]),
    ...(children === undefined || children === null ? [] : namesOf(children)),
  ]);
}

function nothingMadeBy400(error: unknown): never {
  if (!(error instanceof ServiceNowError) || error.status !== 400 || error.execution !== 'ended') throw error;
  const { message, status, failure } = error;
  throw new ServiceNowError(message, { execution: 'none', status, failure, cause: error });
}

function notUnderstood(what: string, faults: readonly string[]): ServiceNowError {
  return new ServiceNowError(`Expected ${what}, got an answer of another shape: ${faults.slice(0, 3).join('; ')}`, {
    execution: 'unknown',
    failure: { class: 'transient' },
  });
}
