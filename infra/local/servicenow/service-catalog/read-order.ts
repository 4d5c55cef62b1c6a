import type { Row } from '../data/row.ts';
import { Refusal } from '../refusal.ts';
import type { ApiRequest } from '../requests/api-request.ts';
import { parseObject } from '../requests/parse-object.ts';
import { toText } from '../requests/to-text.ts';

/** What somebody wants to have. */
export interface Order {
  readonly item: Row;
  readonly quantity: string;
  /** sys_id of a user; `''` for who orders. */
  readonly requestedFor: string;
  /** Every variable that is asked, with its value. */
  readonly answers: readonly { readonly variable: Row; readonly value: string }[];
}

/**
 * Reads the body of an order: what is not answered has its default, and what was not asked is left out.
 * @param item what is ordered, if there is such an item for the user.
 * @throws Refusal 400 in the order of the instance's own script (KB0717979): the quantity, the item, the variables.
 */
export function readOrder(
  request: ApiRequest,
  item: Row | undefined,
  variablesOf: (item: Row) => readonly Row[],
): Order {
  const content = new Map<string, unknown>(Object.entries(parseObject(request.body)));
  const quantity = toText(content.get('sysparm_quantity')) ?? '';
  if (!/^\+?\d+$/.test(quantity) || Number(quantity) === 0) throw badRequest('Invalid quantity value');
  if (item === undefined) throw badRequest('Security constraints prevent ordering of Item');
  if (toText(content.get('sysparm_also_request_for')) ?? '') {
    throw badRequest('This item cannot be submitted for multiple people as it is not configured with Requested For');
  }
  const sent = new Map<string, unknown>(Object.entries(content.get('variables') ?? {}));
  const answers = variablesOf(item).map((variable) => ({
    variable,
    value: toText(sent.get(variable.name ?? '')) ?? variable.default_value ?? '',
  }));
  if (answers.some(({ variable, value }) => variable.mandatory === 'true' && value === '')) {
    throw badRequest('Mandatory Variables are required');
  }
  return {
    item,
    quantity: String(Number(quantity)),
    requestedFor: toText(content.get('sysparm_requested_for')) ?? '',
    answers,
  };
}

function badRequest(message: string): Refusal {
  return new Refusal(400, message, '');
}
