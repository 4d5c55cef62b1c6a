import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { type Client, makeClient } from './client.ts';

const USERS = 200_000;
let instance: ServiceNow;
let client: Client;

beforeAll(async () => {
  instance = await startServiceNow({ users: USERS });
  client = makeClient(instance);
});
afterAll(() => instance.close());

const resultOf = async (path: string) => {
  const response = await client.call(path);
  return z.object({ result: z.unknown() }).parse(await response.json()).result;
};
const stats = (table: string, parameters: Record<string, string>) =>
  resultOf(`/api/now/stats/${table}?${new URLSearchParams({ sysparm_count: 'true', ...parameters })}`);

describe('the Aggregate API', () => {
  it('counts, and finds the greatest value, all in text', async () => {
    expect(await stats('incident', {})).toEqual({ stats: { count: '0' } });
    const first = instance.insert('incident', { short_description: 'a', priority: '1' });
    instance.insert('incident', { short_description: 'b', category: 'network' });
    instance.hide('incident', first.sys_id ?? '');
    expect(await stats('incident', { sysparm_max_fields: 'number', sysparm_min_fields: 'number' })).toEqual({
      stats: { count: '2', min: { number: first.number }, max: { number: expect.stringMatching(/^INC/) } },
    });
    expect(await stats('incident', { sysparm_query: 'category=network' })).toEqual({ stats: { count: '1' } });
    expect(await stats('incident', { sysparm_group_by: 'category' })).toContainEqual({
      stats: { count: '1' },
      groupby_fields: [{ field: 'category', value: 'network' }],
    });
    expect((await client.call('/api/now/stats/nowhere?sysparm_count=true')).status).toBe(400);
    expect((await client.call('/api/now/stats/incident', { body: {} })).status).toBe(405);
  });
});

describe('the Batch API', () => {
  it('carries out requests one after another, each with its own status', async () => {
    const item = (id: string, method: string, url: string, body?: object) => ({
      ...{ id, method, url, headers: [{ name: 'Content-Type', value: 'application/json' }] },
      ...(body && { body: Buffer.from(JSON.stringify(body)).toString('base64') }),
    });
    const response = await client.call('/api/now/v1/batch', {
      body: {
        batch_request_id: 7,
        rest_requests: [
          item('1', 'POST', '/api/now/table/incident', { short_description: 'by batch' }),
          item('2', 'GET', '/api/now/table/incident?sysparm_query=short_description=by batch&sysparm_fields=number'),
          item('3', 'GET', '/api/now/table/incident/0'),
          item('4', 'POST', '/api/now/v1/batch', { batch_request_id: '8', rest_requests: [] }),
        ],
      },
    });
    const serviced = z.array(z.looseObject({ id: z.string(), status_code: z.int(), body: z.string() }));
    const batch = z.object({
      batch_request_id: z.string(),
      serviced_requests: serviced,
      unserviced_requests: z.array(z.string()),
    });
    const { batch_request_id: id, serviced_requests: answers } = batch.parse(await response.json());
    expect(id).toBe('7');
    expect(answers.map((answer) => answer.status_code)).toEqual([201, 200, 404, 400]);
    expect(JSON.parse(Buffer.from(answers[1]?.body ?? '', 'base64').toString()).result).toHaveLength(1);
    expect((await client.call('/api/now/v1/batch', { body: { rest_requests: 'x' } })).status).toBe(400);
  });
});

describe('very many users', () => {
  const page = (query: string, parameters: Record<string, string> = {}) =>
    client.call(
      `/api/now/table/sys_user?${new URLSearchParams({ sysparm_query: `${query}^ORDERBYsys_id`, sysparm_fields: 'sys_id,user_name', sysparm_limit: '3', ...parameters })}`,
    );
  const rows = async (response: Promise<Response>) =>
    z
      .object({ result: z.array(z.object({ sys_id: z.string(), user_name: z.string() })) })
      .parse(await (await response).json()).result;

  it('are paged by key as quickly as a few, and edits show among them', async () => {
    const all = Number((await page('sys_id>=0')).headers.get('x-total-count') ?? Number.NaN);
    expect(all).toBeGreaterThan(USERS - 1);
    const [first, second, third] = await rows(page('sys_id>80'));
    const startedAt = performance.now();
    expect(await rows(page(`sys_id>${first?.sys_id}`))).toMatchObject([second, third, {}]);
    const [seekInMs, scanStartedAt] = [performance.now() - startedAt, performance.now()];
    await page('user_nameSTARTSWITHuser.0000', { sysparm_limit: '1' });
    expect(seekInMs * 10).toBeLessThan(performance.now() - scanStartedAt);

    instance.update('sys_user', second?.sys_id ?? '', { title: 'Boss' });
    instance.remove('sys_user', third?.sys_id ?? '');
    expect(await rows(page(`sys_id>=${first?.sys_id}`))).toMatchObject([
      first,
      second,
      { sys_id: expect.stringMatching(/^8/) },
    ]);
    expect(await rows(page(`sys_idIN${first?.sys_id},${third?.sys_id}`))).toEqual([first]);
    // By offset the same rows come, the edited and the written among them.
    const ids = (await rows(page('sys_id>=0', { sysparm_limit: '10000' }))).map(({ sys_id: sysId }) => sysId);
    for (const offset of [0, 1, 3_333, 9_998])
      expect(
        (await rows(page('sys_id>=0', { sysparm_offset: String(offset) })))
          .map(({ sys_id: sysId }) => sysId)
          .slice(0, 2),
      ).toEqual(ids.slice(offset, offset + 2));
    const last = await rows(page('sys_id>=0', { sysparm_offset: String(all - 2) }));
    expect(last).toHaveLength(1);
    const count = async (query: string) => Number((await page(query)).headers.get('x-total-count'));
    expect(await count('sys_created_on<2000-01-01 00:00:00')).toBe(0);
    expect((await count(`sys_id>${first?.sys_id}`)) + (await count(`sys_id<=${first?.sys_id}`))).toBe(all - 1);
    expect(await count(`sys_id=${second?.sys_id}`)).toBe(1);
  });
});
