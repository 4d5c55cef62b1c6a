import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  type FaultRule,
  type ServiceNow,
  startServiceNow,
} from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { basic, type Client, makeClient, readRecords } from './client.ts';

let instance: ServiceNow;
let client: Client;

beforeEach(async () => {
  instance = await startServiceNow();
  client = makeClient(instance);
});
afterEach(() => instance.close());

const post = () => client.call('/api/now/table/incident', { body: { short_description: 'x' } });
const strike = (action: FaultRule['action'], rest: Omit<FaultRule, 'action'> = {}) =>
  instance.addFault({ ...rest, action });
const stored = () => instance.records('incident').length;

describe('a fault rule', () => {
  it('strikes before the record is written, or after', async () => {
    strike({ status: 500 }, { id: 'early', times: 1 });
    expect([(await post()).status, stored()]).toEqual([500, 0]);
    strike({ status: 500 }, { id: 'late', times: 1, phase: 'after' });
    expect([(await post()).status, stored()]).toEqual([500, 1]);
    expect((await post()).status).toBe(201);
    expect(instance.requests.map(({ fault, status, committed }) => [fault, status, committed])).toEqual([
      ['early', 500, false],
      ['late', 500, true],
      [undefined, 201, true],
    ]);
  });

  it('strikes only what it matches', async () => {
    const query = { method: 'GET', table: 'incident', path: '/api/now/table', query: 'number=INC1' };
    strike({ status: 503 }, { match: query });
    const status = async (path: string, method = 'GET') => (await client.call(path, { method })).status;
    expect(await status('/api/now/table/incident?sysparm_query=active=true%5Enumber=INC1')).toBe(503);
    expect(await status('/api/now/table/incident?sysparm_query=number=INC2')).toBe(200);
    expect(await status('/api/now/table/task?sysparm_query=number=INC1')).toBe(200);
    expect(await status('/api/now/v2/table/incident?sysparm_query=number=INC1')).toBe(200);
    expect(await status('/api/now/table/incident?sysparm_query=number=INC1', 'POST')).toBe(201);
  });

  it('strikes the nth match, or a share of them that the seed fixes', async () => {
    const remove = strike({ status: 500 }, { match: { nth: 2 } });
    const statuses = async (count: number) => {
      const seen: number[] = [];
      for (let index = 0; index < count; index++) seen.push((await client.call('/api/now/table/incident')).status);
      return seen;
    };
    expect(await statuses(4)).toEqual([200, 500, 200, 200]);
    remove();
    strike({ status: 500 }, { match: { probability: 0.5 } });
    const seen = await statuses(40);
    expect(new Set(seen)).toEqual(new Set([200, 500]));
    await instance.close();
    instance = await startServiceNow();
    client = makeClient(instance);
    strike({ status: 500 }, { match: { probability: 0.5 } });
    expect(await statuses(40)).toEqual(seen);
  });

  it('strikes token requests too', async () => {
    strike({ status: 503 }, { match: { path: '/oauth_token.do' } });
    expect((await fetch(instance.oauth2Url, { method: 'POST' })).status).toBe(503);
    expect((await post()).status).toBe(201);
  });

  it('gives a 429 with the headers it is told, or without any', async () => {
    strike({ status: 429, headers: { 'Retry-After': '7', 'X-RateLimit-Limit': '100' } }, { times: 1 });
    strike({ status: 429 });
    const limited = await post();
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    const overflow = await post();
    expect([overflow.status, overflow.headers.get('retry-after')]).toEqual([429, null]);
    expect(await overflow.json()).toMatchObject({ error: { message: 'Rate limit exceeded' }, status: 'failure' });
  });

  it('gives a 202 with nothing in it, and nothing done', async () => {
    strike({ status: 202 });
    const response = await post();
    expect([response.status, await response.text(), stored()]).toEqual([202, '', 0]);
  });

  it.each([
    ['hibernation', 200, 'Instance Hibernating page'],
    ['maintenance', 503, 'Instance under maintenance'],
  ])('gives the page of %s', async (body, status, title) => {
    strike({ body });
    const response = await post();
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'text/html;charset=UTF-8']);
    expect(await response.text()).toContain(`<title>${title}</title>`);
    expect(stored()).toBe(0);
  });

  it.each(['hibernation', 'maintenance'])('gives the page of %s to everybody for everything', async (body) => {
    strike({ body });
    const title = async (url: string, init?: RequestInit) =>
      /<title>(.*)<\/title>/.exec(await (await fetch(url, init)).text())?.[1];
    const expected = body === 'hibernation' ? 'Instance Hibernating page' : 'Instance under maintenance';
    const form = new URLSearchParams({ grant_type: 'password', username: instance.login, password: 'wrong' });
    expect(await title(instance.oauth2Url, { method: 'POST', body: form })).toBe(expected);
    expect(await title(`${instance.server}/incident`)).toBe(expected);
    expect(await title(`${instance.url}/api/now/stats/incident`)).toBe(expected);
    expect(await title(`${instance.url}/nav_to.do`)).toBe(expected);
    expect(instance.mostFailedLogins).toBe(0);
  });

  it('slows only requests with a part of a query', async () => {
    strike({ delayInMs: 2_000 }, { match: { query: 'correlation_id=' } });
    const duration = async (query: string) => {
      expect(await client.list('incident', { sysparm_query: query })).toEqual([]);
      return instance.requests.at(-1)?.durationInMs;
    };
    expect(await duration('active=true^correlation_id=x')).toBeGreaterThanOrEqual(1_999);
    expect(await duration('active=true')).toBeLessThan(1_999);
  });

  it.each([502, 503, 504])('gives a %i as a gateway does, in HTML', async (status) => {
    strike({ status });
    const response = await post();
    expect([response.status, response.headers.get('content-type')]).toEqual([status, 'text/html;charset=UTF-8']);
  });

  it.each(['before', 'after'] as const)('breaks the JSON of a 200, %s the request is carried out', async (phase) => {
    await post();
    strike({ body: 'broken-json' }, { phase });
    const paths = [
      'incident',
      'incident?sysparm_query=number=none',
      `incident/${instance.records('incident')[0]?.sys_id}`,
    ];
    for (const path of paths) {
      const response = await client.call(`/api/now/table/${path}`);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/json;charset=UTF-8']);
      const text = await response.text();
      expect(() => JSON.parse(text)).toThrow();
      expect(text).toContain('"error":{"detail":"Transaction cancelled: maximum execution time exceeded');
      expect(text.includes('INC0010001')).toBe(phase === 'after' && !path.includes('none'));
    }
  });

  it('gives any body it is told', async () => {
    strike({ body: { result: [], error: { message: 'x' } } }, { times: 1 });
    expect(await (await post()).json()).toEqual({ result: [], error: { message: 'x' } });
    strike({ body: 'empty' }, { times: 1, phase: 'after' });
    const empty = await post();
    expect([empty.status, await empty.text()]).toEqual([201, '']);
    strike({ body: '[null' }, { times: 1 });
    expect(await (await post()).text()).toBe('[null');
  });

  it('refuses one request for its login without counting it as a failed one', async () => {
    strike({ status: 401 }, { times: 1 });
    expect([(await post()).status, (await post()).status]).toEqual([401, 201]);
    expect(instance.mostFailedLogins).toBe(0);
  });

  it.each(['before', 'after'] as const)('cuts the connection %s the record is written', async (phase) => {
    strike({ cut: true }, { times: 1, phase });
    await expect(post()).rejects.toThrow('fetch failed');
    expect(stored()).toBe(phase === 'after' ? 1 : 0);
    expect(instance.requests.at(-1)).toMatchObject({ status: 0, committed: phase === 'after' });
    expect((await post()).status).toBe(201);
  });

  it('hangs until the client leaves', async () => {
    strike({ hang: true }, { phase: 'after' });
    const logged = instance.waitForRequest((request) => request.method === 'POST');
    const abort = new AbortController();
    const response = fetch(`${instance.server}/incident`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${instance.login}:${instance.password}`)}` },
      signal: abort.signal,
    });
    const refused = expect(response).rejects.toThrow('aborted');
    await expect.poll(stored).toBe(1);
    expect(instance.requests).toEqual([]);
    abort.abort();
    await refused;
    expect(await logged).toMatchObject({ status: 0, committed: true });
  });

  it('only delays and adorns the true answer when it says nothing else', async () => {
    strike({ delayInMs: 60, headers: { 'X-RateLimit-Rule': 'many' } }, { times: 1 });
    const response = await client.call('/api/now/table/sys_user?sysparm_limit=1');
    expect([response.status, response.headers.get('x-ratelimit-rule')]).toEqual([200, 'many']);
    expect(await readRecords(response)).toHaveLength(1);
    expect(instance.requests.at(-1)?.durationInMs).toBeGreaterThanOrEqual(59);
  });

  it('is over when it is taken away', async () => {
    const remove = strike({ status: 500 });
    expect((await post()).status).toBe(500);
    remove();
    expect((await post()).status).toBe(201);
  });
});

describe('a fault rule for the catalog and for files', () => {
  const orderPath = () => {
    const { sys_id } = instance.records('sc_cat_item', 'name=Access Request')[0] ?? {};
    return `/api/sn_sc/servicecatalog/items/${sys_id}/order_now`;
  };
  const order = () => client.call(orderPath(), { body: { sysparm_quantity: 1, variables: { account: 'a' } } });
  const upload = () => {
    const { sys_id = '' } = instance.insert('incident', {});
    const parameters = new URLSearchParams({ table_name: 'incident', table_sys_id: sys_id, file_name: 'a' });
    return client.call(`/api/now/attachment/file?${parameters}`, { body: 'x' });
  };
  const orders = () => ['sc_request', 'sc_req_item', 'sc_task'].map((table) => instance.records(table).length);

  it.each([[{ table: 'sc_request' }], [{ method: 'POST', path: '/api/sn_sc/' }]])(
    'strikes an order by %j, before or after it is made',
    async (match) => {
      strike({ status: 500 }, { match, times: 1 });
      strike({ status: 403 }, { match, times: 1, phase: 'after' });
      expect([(await order()).status, orders()]).toEqual([500, [0, 0, 0]]);
      expect([(await order()).status, orders()]).toEqual([403, [1, 1, 1]]);
      expect([(await order()).status, orders()]).toEqual([200, [2, 2, 2]]);
      expect(instance.requests.map(({ fault, committed }) => [fault, committed])).toEqual([
        ['fault-1', false],
        ['fault-2', true],
        [undefined, true],
      ]);
    },
  );

  it('cuts the connection after an order is made', async () => {
    strike({ cut: true }, { match: { table: 'sc_request' }, phase: 'after' });
    const committed = instance.waitForCommit();
    await expect(order()).rejects.toThrow('fetch failed');
    await committed;
    expect(orders()).toEqual([1, 1, 1]);
  });

  it.each([[{ table: 'sys_attachment' }], [{ method: 'POST', path: '/api/now/attachment/file' }]])(
    'strikes an upload by %j, before or after it is stored',
    async (match) => {
      strike({ status: 503 }, { match, times: 1 });
      strike({ status: 500 }, { match, times: 1, phase: 'after' });
      const files = () => instance.records('sys_attachment').length;
      expect([(await upload()).status, files()]).toEqual([503, 0]);
      expect([(await upload()).status, files()]).toEqual([500, 1]);
      expect([(await upload()).status, files()]).toEqual([201, 2]);
    },
  );

  it('leaves both alone when it is for another table, and breaks the answer with a file', async () => {
    strike({ status: 500 }, { match: { table: 'incident' } });
    expect([(await order()).status, (await upload()).status]).toEqual([200, 201]);
    strike({ body: 'broken-json' }, { match: { table: 'sys_attachment' }, phase: 'after' });
    const { sys_id } = instance.records('sys_attachment')[0] ?? {};
    const text = await (await client.call(`/api/now/attachment/${sys_id}/file`)).text();
    expect(text).toMatch(/^x.*"status":"failure"}$/);
  });

  it('strikes what has a part of the query', async () => {
    strike({ status: 429 }, { match: { query: 'table_sys_id=abc' } });
    const status = async (query: string) =>
      (await client.call(`/api/now/attachment?${new URLSearchParams({ sysparm_query: query })}`)).status;
    expect([await status('table_name=incident^table_sys_id=abc'), await status('table_sys_id=x')]).toEqual([429, 200]);
  });

  it('sees these requests among those in flight', async () => {
    strike({ hang: true });
    const abort = new AbortController();
    const headers = { authorization: basic(instance.login, instance.password) };
    const calls = [orderPath(), '/api/sn_sc/servicecatalog/items', '/api/now/attachment'].map((path) =>
      fetch(`${instance.url}${path}`, { headers, signal: abort.signal }),
    );
    const ended = Promise.allSettled(calls);
    await expect.poll(() => instance.maxInFlight).toBe(3);
    abort.abort();
    expect((await ended).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});

describe('a client that leaves', () => {
  it('does not keep its record from being written', async () => {
    await instance.close();
    instance = await startServiceNow({ latencyInMs: 500 });
    const logged = instance.waitForRequest(() => true);
    const committed = instance.waitForCommit();
    const abort = new AbortController();
    const response = fetch(`${instance.server}/incident`, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`${instance.login}:${instance.password}`)}` },
      signal: abort.signal,
    });
    const refused = expect(response).rejects.toThrow('aborted');
    await committed;
    abort.abort();
    await refused;
    expect(await logged).toMatchObject({ status: 0, committed: true });
    expect(stored()).toBe(1);
  });
});
