import { describe, expect, it } from 'vitest';
import { makeCatalogApi } from '../../../../shared/servicenow/catalog-api.ts';
import { ServiceNowError } from '../../../../shared/servicenow/servicenow-error.ts';
import type { ApiRequest } from '../../../../shared/servicenow/table-api.ts';

const ROOT = 'https://acme.service-now.com';
const ITEMS = `${ROOT}/api/sn_sc/servicecatalog/items`;

/** The API over an instance that gives this answer, or fails with it. */
function catalogOf(answer: unknown) {
  const requests: ApiRequest[] = [];
  const catalog = makeCatalogApi(ROOT, async (request) => {
    request.beforeSend?.();
    requests.push(request);
    if (answer instanceof Error) throw answer;
    return { result: answer, headers: {} };
  });
  return { catalog, requests };
}

const ordered = { sys_id: 'r1', number: 'REQ0010001', table: 'sc_request' };
const nothing = { requestedFor: undefined, variables: {} };
const pass = () => {};

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => undefined,
    (error: unknown) => error,
  );
}

describe('orderNow', () => {
  it('orders one of the item with its answers, for a person, and gives the request', async () => {
    const { catalog, requests } = catalogOf(ordered);
    const order = { requestedFor: 'u1', variables: { account: '007', key: 'k.1' } };
    expect(await catalog.orderNow('item/1', order, pass)).toEqual({ sysId: 'r1', number: 'REQ0010001' });
    expect(requests).toMatchObject([
      {
        method: 'POST',
        url: `${ITEMS}/item%2F1/order_now`,
        json: { sysparm_quantity: 1, sysparm_requested_for: 'u1', variables: { account: '007', key: 'k.1' } },
      },
    ]);
  });

  it('leaves it to the instance whom an order is for that is for nobody', async () => {
    const { catalog, requests } = catalogOf(ordered);
    await catalog.orderNow('i', nothing, pass);
    expect(requests[0]?.json).toEqual({ sysparm_quantity: 1, variables: {} });
  });

  it('sends nothing where sending is forbidden', async () => {
    const { catalog, requests } = catalogOf(ordered);
    const forbid = () => {
      throw new Error('too old');
    };
    await expect(catalog.orderNow('i', nothing, forbid)).rejects.toThrow('too old');
    expect(requests).toEqual([]);
  });

  it.each([
    { status: 400, execution: 'ended', says: 'none' },
    { status: 400, execution: 'unknown', says: 'unknown' },
    { status: 403, execution: 'ended', says: 'ended' },
    { status: 500, execution: 'ended', says: 'ended' },
    { status: 504, execution: 'unknown', says: 'unknown' },
  ] as const)('says of a $status ($execution) what may have been made: $says', async ({ status, execution, says }) => {
    const refusal = new ServiceNowError('no', { status, execution, failure: { class: 'permanent' } });
    const failure = await failureOf(catalogOf(refusal).catalog.orderNow('i', nothing, pass));
    expect(failure).toMatchObject({ status, execution: says, message: 'no', failure: { class: 'permanent' } });
  });

  it.each([null, [], 'x', {}, { sys_id: '', number: 'R' }, { sys_id: 'r1' }, { sys_id: 5, number: 'R' }])(
    'takes %j for an answer that leaves open what was made',
    async (answer) => {
      const failure = await failureOf(catalogOf(answer).catalog.orderNow('i', nothing, pass));
      expect(failure).toMatchObject({ execution: 'unknown', failure: { class: 'transient' } });
    },
  );
});

describe('variables', () => {
  it('gives those of containers too, and none for a container itself', async () => {
    const container = { type: 19, children: [{ name: 'inner' }, { children: [{ name: 'innermost' }] }] };
    const { catalog, requests } = catalogOf([{ name: 'account', children: null }, container, { name: 'last' }]);
    expect(await catalog.variables('i')).toEqual(['account', 'inner', 'innermost', 'last']);
    expect(requests).toEqual([{ method: 'GET', url: `${ITEMS}/i/variables`, query: {} }]);
  });

  it.each([null, {}, 'x', [null], [{ name: 5 }], [{ children: 'x' }]])(
    'does not take %j for variables',
    async (answer) => {
      const failure = await failureOf(catalogOf(answer).catalog.variables('i'));
      expect(failure).toMatchObject({
        message: expect.stringMatching(/^Expected the variables of a catalog item/),
        failure: { class: 'transient' },
      });
    },
  );
});
