import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { type Client, makeClient, readRecord, readRecords } from './client.ts';

let instance: ServiceNow;
let client: Client;

beforeAll(async () => {
  instance = await startServiceNow({ users: 25, now: () => new Date('2026-11-23T10:11:12.500Z') });
  client = makeClient(instance);
});
afterAll(() => instance.close());

const user = (userName: string) => instance.records('sys_user').find((row) => row.user_name === userName)?.sys_id ?? '';

describe('creating a record', () => {
  it('answers 201 with the record, its address and the defaults of the instance', async () => {
    const response = await client.call('/api/now/table/incident', { body: { short_description: 'Open the door' } });
    expect(response.status).toBe(201);
    expect(response.headers.get('content-type')).toBe('application/json;charset=UTF-8');
    const result = await readRecord(response);
    expect(response.headers.get('location')).toBe(`${instance.server}/incident/${result.sys_id}`);
    expect(result).toMatchObject({
      number: expect.stringMatching(/^INC\d{7}$/),
      short_description: 'Open the door',
      state: '1',
      incident_state: '1',
      impact: '3',
      urgency: '3',
      priority: '5',
      category: 'inquiry',
      active: 'true',
      approval: 'not requested',
      reopen_count: '0',
      sys_class_name: 'incident',
      sys_mod_count: '0',
      sys_created_by: instance.login,
      sys_created_on: '2026-11-23 10:11:12',
      sys_updated_on: '2026-11-23 10:11:12',
      opened_by: { link: `${instance.server}/sys_user/${user(instance.login)}`, value: user(instance.login) },
      caller_id: '',
    });
  });

  it('numbers the records from INC0010001 on', async () => {
    const fresh = await startServiceNow();
    const { create } = makeClient(fresh);
    expect([(await create('incident', {})).number, (await create('incident', {})).number]).toEqual([
      'INC0010001',
      'INC0010002',
    ]);
    await fresh.close();
  });

  it('gives only strings, whatever was sent', async () => {
    const record = await client.create('incident', { urgency: 2, knowledge: true, short_description: null });
    expect(record).toMatchObject({ urgency: '2', knowledge: 'true', short_description: '' });
  });

  it('leaves out unknown fields, fields of the system and choices that do not exist', async () => {
    const record = await client.create('incident', {
      bunk_field: 'x',
      sys_id: 'mine',
      sys_created_by: 'me',
      priority: '1',
      impact: '9',
      category: 'Nonsense',
      close_code: 'Nonsense',
    });
    expect(record).not.toHaveProperty('bunk_field');
    expect(record).toMatchObject({ sys_created_by: instance.login, priority: '5', impact: '3', category: 'inquiry' });
    expect(record).toMatchObject({ close_code: '' });
    expect(record.sys_id).not.toBe('mine');
  });

  it('stores only the first of several records', async () => {
    const before = instance.records('incident').length;
    const record = await client.one('/api/now/table/incident', { body: [{ impact: '1' }, { impact: '2' }] });
    expect(record).toMatchObject({ impact: '1' });
    expect(instance.records('incident')).toHaveLength(before + 1);
  });

  it('answers without a body when asked to', async () => {
    const response = await client.call('/api/now/table/incident', {
      body: {},
      headers: { 'X-no-response-body': 'true' },
    });
    expect([response.status, await response.text()]).toEqual([201, '']);
    expect(response.headers.get('location')).toContain('/api/now/table/incident/');
  });

  it('resolves names and labels with sysparm_input_display_value', async () => {
    const record = await client.one('/api/now/table/incident?sysparm_input_display_value=true', {
      body: { caller_id: 'James Bond', impact: '1 - High' },
    });
    expect(record).toMatchObject({ impact: '1', caller_id: { value: user('james.bond') } });
  });

  it.each(['{"a":', "{a:'b'}", '"text"', '[]'])('refuses the body %s', async (body) => {
    const response = await client.call('/api/now/table/incident', { body });
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        error: { message: 'Exception while reading request', detail: 'The payload is not valid JSON.' },
        status: 'failure',
      },
    ]);
  });
});

describe('changing a record', () => {
  it.each(['PUT', 'PATCH'])('changes only the fields given with %s', async (method) => {
    const { sys_id } = await client.create('incident', { short_description: 'before', description: 'kept' });
    const record = await client.one(`/api/now/table/incident/${sys_id}`, {
      method,
      body: { short_description: 'after' },
    });
    expect(record).toMatchObject({ short_description: 'after', description: 'kept', sys_mod_count: '1' });
  });

  it('does not touch a record that stays as it is', async () => {
    const { sys_id } = await client.create('incident', { short_description: 'same' });
    const record = await client.one(`/api/now/table/incident/${sys_id}`, {
      method: 'PATCH',
      body: { short_description: 'same' },
    });
    expect(record).toMatchObject({ sys_mod_count: '0' });
  });

  it('follows X-http-method-override', async () => {
    const { sys_id } = await client.create('incident', {});
    const record = await client.one(`/api/now/table/incident/${sys_id}`, {
      method: 'POST',
      body: { short_description: 'over' },
      headers: { 'X-http-method-override': 'PATCH' },
    });
    expect(record).toMatchObject({ short_description: 'over', sys_id });
  });

  it('clears a text with an empty string, but not a choice', async () => {
    const { sys_id } = await client.create('incident', { short_description: 'x', category: 'network' });
    const body = { short_description: '', category: '' };
    const record = await client.one(`/api/now/table/incident/${sys_id}`, { method: 'PATCH', body });
    expect(record).toMatchObject({ short_description: '', category: 'network' });
  });

  it('appends to a journal that reads back empty but for its display value', async () => {
    const { sys_id } = await client.create('incident', { work_notes: 'first' });
    const record = await client.one(`/api/now/table/incident/${sys_id}`, {
      method: 'PATCH',
      body: { work_notes: 'second' },
    });
    expect(record).toMatchObject({ work_notes: '', sys_mod_count: '1' });
    const shown = await client.one(`/api/now/table/incident/${sys_id}?sysparm_display_value=true`);
    const entry = `2026-11-23 10:11:12 - ${instance.login} (Work notes)`;
    expect(shown.work_notes).toBe(`${entry}\nsecond\n\n${entry}\nfirst\n\n`);
    expect(await client.list('sys_journal_field', { element_id: String(sys_id) })).toHaveLength(2);
  });

  it('deletes with 204 and no body, once', async () => {
    const { sys_id } = await client.create('incident', {});
    const response = await client.call(`/api/now/table/incident/${sys_id}`, { method: 'DELETE' });
    expect([response.status, await response.text()]).toEqual([204, '']);
    expect((await client.call(`/api/now/table/incident/${sys_id}`, { method: 'DELETE' })).status).toBe(404);
  });

  it.each(['GET', 'PUT', 'PATCH', 'DELETE'])('answers %s of an unknown record with 404', async (method) => {
    const response = await client.call('/api/now/table/incident/nobody', {
      method,
      ...(method.startsWith('P') && { body: {} }),
    });
    expect([response.status, await response.json()]).toEqual([
      404,
      {
        error: { message: 'No Record found', detail: "Record doesn't exist or ACL restricts the record retrieval" },
        status: 'failure',
      },
    ]);
  });
});

describe('the shape of a record', () => {
  it('has the fields asked for, dot-walked ones under their path, and no unknown ones', async () => {
    const { sys_id } = await client.create('incident', { caller_id: user('james.bond') });
    const fields = 'number, caller_id.email,caller_id.manager.email,bunk,caller_id.bunk,opened_by.user_name';
    const record = await client.one(
      `/api/now/table/incident/${sys_id}?${new URLSearchParams({ sysparm_fields: fields })}`,
    );
    expect(record).toEqual({
      number: expect.stringMatching(/^INC/),
      'caller_id.email': 'james.bond@contoso.com',
      'caller_id.manager.email': '',
      'opened_by.user_name': instance.login,
    });
  });

  it('shows display values, or both, and leaves links out on request', async () => {
    const sysId = user('james.bond');
    const link = `${instance.server}/sys_user/${sysId}`;
    const { sys_id } = await client.create('incident', { caller_id: sysId });
    const get = (parameters: string) =>
      client.one(`/api/now/table/incident/${sys_id}?sysparm_fields=caller_id,state&${parameters}`);
    expect(await get('')).toEqual({ caller_id: { link, value: sysId }, state: '1' });
    expect(await get('sysparm_exclude_reference_link=true')).toEqual({ caller_id: sysId, state: '1' });
    expect(await get('sysparm_display_value=true')).toEqual({
      caller_id: { display_value: 'James Bond', link },
      state: 'New',
    });
    expect(await get('sysparm_display_value=true&sysparm_exclude_reference_link=true')).toEqual({
      caller_id: 'James Bond',
      state: 'New',
    });
    expect(await get('sysparm_display_value=all')).toEqual({
      caller_id: { display_value: 'James Bond', value: sysId, link },
      state: { display_value: 'New', value: '1' },
    });
  });

  it('shows an incident through its parent table, with the fields of the parent and its own labels', async () => {
    const { sys_id } = await client.create('incident', {});
    const record = await client.one(`/api/now/table/task/${sys_id}?sysparm_display_value=all`);
    expect(record).toMatchObject({ sys_class_name: { value: 'incident', display_value: 'Incident' } });
    expect(record).toMatchObject({ state: { value: '1', display_value: 'New' } });
    expect(record).not.toHaveProperty('incident_state');
    const changed = await client.one(`/api/now/table/task/${sys_id}`, {
      method: 'PATCH',
      body: { impact: '1', urgency: '1' },
    });
    expect(changed).toMatchObject({ priority: '1' });
  });
});

describe('listing', () => {
  const page = (parameters: Record<string, string>, version = '') =>
    client.call(
      `/api/now/${version}table/sys_user?${new URLSearchParams({ sysparm_fields: 'user_name', ...parameters })}`,
    );

  it('cuts a window and says what surrounds it, from its own address', async () => {
    const total = instance.records('sys_user').length;
    const response = await page({ sysparm_query: 'ORDERBYsys_id', sysparm_limit: '7', sysparm_offset: '7' });
    expect(await readRecords(response)).toHaveLength(7);
    expect(response.headers.get('x-total-count')).toBe(String(total));
    const links = response.headers.get('link')?.split(',<') ?? [];
    expect(links.map((link) => /sysparm_offset=(\d+).*>;rel="(\w+)"$/.exec(link)?.slice(1))).toEqual([
      ['0', 'first'],
      ['14', 'next'],
      ['0', 'prev'],
      ['28', 'last'],
    ]);
    expect(links[0]).toContain(`<${instance.url}/api/now/table/sys_user?`);
  });

  it('can be followed from link to link to every record once', async () => {
    const names: unknown[] = [];
    let next: string | undefined = `/api/now/table/sys_user?sysparm_limit=8&sysparm_query=ORDERBYsys_id`;
    while (next !== undefined) {
      const response = await client.call(next);
      for (const row of await readRecords(response)) names.push(row.user_name);
      const link = /<([^>]*)>;rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
      next = link?.slice(instance.url.length);
    }
    expect(names.toSorted()).toEqual(
      instance
        .records('sys_user')
        .map((row) => row.user_name)
        .toSorted(),
    );
  });

  it('has no Link where one page holds all, or when asked to leave it out', async () => {
    expect((await page({})).headers.get('link')).toBeNull();
    const suppressed = await page({ sysparm_limit: '2', sysparm_suppress_pagination_header: 'true' });
    expect(suppressed.headers.get('link')).toBeNull();
    expect(suppressed.headers.get('x-total-count')).not.toBeNull();
  });

  it('counts only the window with sysparm_no_count', async () => {
    const response = await page({ sysparm_limit: '3', sysparm_no_count: 'true' });
    expect(response.headers.get('x-total-count')).toBe('3');
    expect(response.headers.get('link')).toContain('rel="next"');
    expect(response.headers.get('link')).not.toContain('rel="last"');
  });

  it.each(['0', '-1', 'x'])('refuses the limit %s', async (limit) => {
    const response = await page({ sysparm_limit: limit });
    expect([response.status, await response.json()]).toEqual([
      400,
      {
        error: {
          message: 'Invalid value given for sysparm_limit',
          detail: 'sysparm_limit value must be a positive integer',
        },
        status: 'failure',
      },
    ]);
  });

  it('answers no match with 404 in version 1, and an empty list in version 2 and without one', async () => {
    const nobody = { sysparm_query: 'user_name=nobody' };
    expect((await page(nobody, 'v1/')).status).toBe(404);
    for (const version of ['v2/', '']) {
      const response = await page(nobody, version);
      expect([response.status, await response.json()]).toEqual([200, { result: [] }]);
    }
  });

  it('cuts the window before it hides what may not be read, and counts all the same', async () => {
    const [first, second] = instance.records('sys_user');
    for (const row of [first, second]) instance.hide('sys_user', row?.sys_id ?? '');
    const response = await page({ sysparm_limit: '2' });
    expect([response.status, await response.json()]).toEqual([200, { result: [] }]);
    expect(response.headers.get('x-total-count')).toBe(String(instance.records('sys_user').length));
    expect(response.headers.get('link')).toContain('rel="next"');
    expect((await client.call(`/api/now/table/sys_user/${first?.sys_id}`)).status).toBe(404);
    for (const row of [first, second]) instance.hide('sys_user', row?.sys_id ?? '', false);
    expect(await readRecords(await page({ sysparm_limit: '2' }))).toHaveLength(2);
  });

  it('takes pairs of field and value in place of a query, by value or by what people see', async () => {
    const { number } = await client.create('incident', { caller_id: user('elise'), impact: '1' });
    expect(await client.list('incident', { caller_id: 'Elise', impact: '1 - High', sysparm_fields: 'number' })).toEqual(
      [{ number }],
    );
    expect(await client.list('incident', { caller_id: user('elise'), state: '1', sysparm_fields: 'number' })).toEqual([
      { number },
    ]);
    expect(await client.list('incident', { caller_id: 'Elise', state: 'closed' })).toEqual([]);
  });

  it('answers HEAD with the headers alone', async () => {
    const response = await client.call('/api/now/table/sys_user', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    expect(response.headers.get('x-total-count')).toBe(String(instance.records('sys_user').length));
  });
});

describe('what the instance says to all', () => {
  it('gives its own time, and a new session to whoever keeps no cookies', async () => {
    const { headers } = await client.call('/api/now/table/incident');
    expect(headers.get('date')).toBe('Mon, 23 Nov 2026 10:11:12 GMT');
    expect(headers.getSetCookie().map((cookie) => cookie.split('=')[0])).toEqual(
      expect.arrayContaining(['JSESSIONID', 'glide_user_route']),
    );
  });

  it.each([
    ['GET', '/api/now/table/sys_user_list', 400, 'Invalid table sys_user_list', 'Table sys_user_list does not exist'],
    ['GET', '/api/now/tabel/incident', 400, 'Requested URI does not represent any resource', '/api/now/tabel/incident'],
    ['DELETE', '/api/now/table/incident', 405, 'Method not Supported', 'DELETE method not supported for API'],
    ['POST', '/api/now/table/incident/x', 405, 'Method not Supported', 'POST method not supported for API'],
  ])('refuses %s %s with %i', async (method, path, status, message, detail) => {
    const response = await client.call(path, { method });
    expect([response.status, await response.json()]).toEqual([
      status,
      { error: { message, detail }, status: 'failure' },
    ]);
  });

  it('refuses media types that it does not speak', async () => {
    expect((await client.call('/api/now/table/incident', { headers: { accept: 'application/xml' } })).status).toBe(406);
    const xml = { body: '<a/>', headers: { 'content-type': 'application/xml' } };
    expect((await client.call('/api/now/table/incident', xml)).status).toBe(415);
  });

  it('answers an overlong address in HTML', async () => {
    const response = await client.call(`/api/now/table/incident?sysparm_query=number=${'x'.repeat(9000)}`);
    expect([response.status, response.headers.get('content-type')]).toEqual([400, 'text/html;charset=UTF-8']);
  });

  it('serves many at once, none before its latency is over, and knows how many there were', async () => {
    const slow = await startServiceNow({ latencyInMs: 2_000 });
    const { call } = makeClient(slow);
    const started = performance.now();
    await Promise.all(Array.from({ length: 50 }, () => call('/api/now/table/incident?sysparm_limit=1')));
    expect(performance.now() - started).toBeGreaterThanOrEqual(1_999);
    await call('/api/now/table/incident?sysparm_limit=1');
    expect(slow.maxInFlight).toBe(50);
    await slow.close();
  });
});
