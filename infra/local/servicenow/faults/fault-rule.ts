import { z } from 'zod';

/** The shape of a {@link FaultRule} that comes from outside. */
export const faultRuleSchema = z.strictObject({
  id: z.string().min(1).exactOptional(),
  match: z
    .strictObject({
      method: z.string().exactOptional(),
      path: z.string().exactOptional(),
      table: z.string().exactOptional(),
      query: z.string().exactOptional(),
      nth: z.int().min(1).exactOptional(),
      probability: z.number().min(0).max(1).exactOptional(),
    })
    .exactOptional(),
  times: z.int().min(1).exactOptional(),
  phase: z.enum(['before', 'after']).exactOptional(),
  action: z.strictObject({
    status: z.int().min(200).max(599).exactOptional(),
    headers: z.record(z.string(), z.string()).exactOptional(),
    body: z.union([z.string(), z.record(z.string(), z.unknown()), z.array(z.unknown())]).exactOptional(),
    delayInMs: z.number().min(0).exactOptional(),
    cut: z.boolean().exactOptional(),
    hang: z.boolean().exactOptional(),
  }),
});

/**
 * When the instance misbehaves, and how. All that `match` names must hold: the method, the beginning of the path, the
 * table (of an order `sc_request`, of what else is asked of the catalog `sc_cat_item` or `item_option_new`, of all that is
 * done with files `sys_attachment`), a part of `sysparm_query`; of the requests that match, `nth` picks one (from 1) and `probability` some. A rule
 * strikes `times` times, or without end. In phase `before` (the default) the request is not carried out; `after`, it is
 * carried out first and only the answer is bad.
 *
 * An action without `status`, `body`, `cut` or `hang` leaves the request to be carried out and its answer as it is, but for
 * the delay and the headers. `cut` destroys the connection, `hang` never answers. `body` is text, JSON, or one of
 * 'hibernation' (200, HTML), 'maintenance' (503, HTML), 'broken-json' (200, the true answer with an error in the middle)
 * and 'empty'; without a body a status gets the one that instances give with it.
 */
export type FaultRule = z.infer<typeof faultRuleSchema>;
