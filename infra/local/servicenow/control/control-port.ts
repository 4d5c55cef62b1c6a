import { z } from 'zod';
import { type FaultRule, faultRuleSchema } from '../faults/fault-rule.ts';
import type { ActiveFault } from '../faults/faults.ts';
import { Refusal } from '../refusal.ts';
import { type Answer, json } from '../requests/answer.ts';
import type { ApiRequest } from '../requests/api-request.ts';
import type { LoggedRequest } from '../requests/logged-request.ts';

/** What the control port can do to the instance. */
export interface ControlTarget {
  readonly requests: readonly LoggedRequest[];
  clearRequests(): void;
  faults(): readonly ActiveFault[];
  addFault(rule: FaultRule): string;
  removeFault(id: string): boolean;
  clearFaults(): void;
  records(table: string, encodedQuery?: string): readonly Record<string, string>[];
  insert(table: string, values: Record<string, string>, as?: string): Record<string, string>;
  update(table: string, sysId: string, values: Record<string, string>, as?: string): Record<string, string>;
  remove(table: string, sysId: string, as?: string): void;
  hide(table: string, sysId: string, hidden?: boolean): void;
  /** Refused logins in a row: the most there ever were, and what each login has now. */
  failedLogins(): { readonly most: number; readonly byLogin: Readonly<Record<string, number>> };
  setPassword(login: string, password: string): void;
  revokeTokens(): void;
}

const valuesSchema = z.record(z.string(), z.string());
const passwordSchema = z.strictObject({ login: z.string(), password: z.string() });

/**
 * Makes the second face of the simulator, all in JSON: `GET|DELETE /requests`, `GET|POST|DELETE /faults`,
 * `DELETE /faults/{id}`, `GET /records/{table}` (all, or `?query=<encoded query>`), `POST /records/{table}`,
 * `PATCH|DELETE /records/{table}/{sys_id}` (as a person at the desk, or `?as=<user_name>`), `POST|DELETE
 * /hide/{table}/{sys_id}`, `GET /failed-logins`, `POST /password` with `login` and `password`, and `DELETE /tokens`. Access controls do not
 * count here. No login: it listens on the loopback only.
 */
export function makeControlPort(target: ControlTarget): (request: ApiRequest) => Answer {
  return (request) => {
    try {
      return (
        answer(target, request) ?? json(404, { error: `Expected a known path, got ${request.method} ${request.path}` })
      );
    } catch (error) {
      if (error instanceof Refusal) return json(error.status, { error: error.message, detail: error.detail });
      if (error instanceof Error) return json(400, { error: error.message });
      throw error;
    }
  };
}

function answer(target: ControlTarget, { method, path, query, body }: ApiRequest): Answer | undefined {
  const [resource = '', first, second] = path
    .split('/')
    .filter((part) => part !== '')
    .map(decodeURIComponent);
  const as = query.get('as') ?? undefined;
  const content = (): unknown => JSON.parse(body);
  switch (`${method} /${resource}${first === undefined ? '' : '/*'}${second === undefined ? '' : '/*'}`) {
    case 'GET /requests':
      return json(200, target.requests);
    case 'DELETE /requests':
      target.clearRequests();
      return json(200, {});
    case 'GET /faults':
      return json(200, target.faults());
    case 'POST /faults':
      return json(201, { id: target.addFault(faultRuleSchema.parse(content())) });
    case 'DELETE /faults':
      target.clearFaults();
      return json(200, {});
    case 'DELETE /faults/*':
      return json(target.removeFault(first ?? '') ? 200 : 404, {});
    case 'GET /records/*':
      return json(200, target.records(first ?? '', query.get('query') ?? undefined));
    case 'POST /records/*':
      return json(201, target.insert(first ?? '', valuesSchema.parse(content()), as));
    case 'PATCH /records/*/*':
      return json(200, target.update(first ?? '', second ?? '', valuesSchema.parse(content()), as));
    case 'DELETE /records/*/*':
      target.remove(first ?? '', second ?? '', as);
      return json(200, {});
    case 'POST /hide/*/*':
    case 'DELETE /hide/*/*':
      target.hide(first ?? '', second ?? '', method === 'POST');
      return json(200, {});
    case 'GET /failed-logins':
      return json(200, target.failedLogins());
    case 'POST /password': {
      const { login, password } = passwordSchema.parse(content());
      target.setPassword(login, password);
      return json(200, {});
    }
    case 'DELETE /tokens':
      target.revokeTokens();
      return json(200, {});
    default:
      return undefined;
  }
}
