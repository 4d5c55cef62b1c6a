import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { addControl, clientOf, giveRole, takeRole } from './administer.ts';
import { type Client, makeClient, readRecord, readRecords } from './client.ts';

// Source: "Attachment API" of the product documentation.

let instance: ServiceNow;
let client: Client;
let incident: string;

beforeEach(async () => {
  instance = await startServiceNow({ now: () => new Date('2026-11-23T10:11:12Z') });
  client = makeClient(instance);
  incident = instance.insert('incident', {}).sys_id ?? '';
});
afterEach(() => instance.close());

const root = '/api/now/attachment';
const target = () => ({ table_name: 'incident', table_sys_id: incident, file_name: 'details.txt' });
/** Bodies of the client are text or JSON: any text is a file too. */
const upload = (parameters: Record<string, string> = target(), body = 'Grüße', type = 'text/plain', by = client) =>
  by.call(`${root}/file?${new URLSearchParams(parameters)}`, { body, headers: { 'content-type': type } });
const uploaded = async () => String((await readRecord(await upload())).sys_id);
const notFound = {
  error: { message: 'No Record found', detail: "Record doesn't exist or ACL restricts the record retrieval" },
  status: 'failure',
};
const answer = async (response: Response) => {
  const text = await response.text();
  const content: unknown = text === '' ? '' : JSON.parse(text);
  return [response.status, content];
};

describe('a file that is uploaded', () => {
  it('is answered with 201, where it is, and what is known of it, all in strings', async () => {
    const response = await upload();
    const result = await readRecord(response);
    const link = `${instance.url}/api/now/attachment/${result.sys_id}/file`;
    expect([response.status, response.headers.get('location')]).toEqual([201, link]);
    expect(result).toEqual({
      ...target(),
      sys_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      content_type: 'text/plain',
      size_bytes: '7',
      size_compressed: '',
      compressed: 'false',
      download_link: link,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/),
      average_image_color: '',
      image_height: '',
      image_width: '',
      sys_created_by: instance.login,
      sys_created_on: '2026-11-23 10:11:12',
      sys_updated_by: instance.login,
      sys_updated_on: '2026-11-23 10:11:12',
      sys_mod_count: '0',
      sys_tags: '',
    });
  });

  it('comes back byte by byte, of its own type, with its metadata in a header', async () => {
    const bytes = randomBytes(3000);
    const parameters = new URLSearchParams({ ...target(), file_name: 'Grüße 東京.bin' });
    const response = await fetch(`${instance.url}/api/now/v1/attachment/file?${parameters}`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${btoa(`${instance.login}:${instance.password}`)}`,
        'content-type': 'application/x-any',
      },
      body: bytes,
    });
    const metadata = await readRecord(response);
    const file = await client.call(`${root}/${metadata.sys_id}/file`, { headers: { accept: 'image/png' } });
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'application/x-any']);
    expect(Buffer.from(await file.arrayBuffer())).toEqual(bytes);
    const header: unknown = JSON.parse(file.headers.get('x-attachment-metadata') ?? '');
    expect(header).toEqual(metadata);
    expect(metadata).toMatchObject({ file_name: 'Grüße 東京.bin', size_bytes: '3000' });
    expect(instance.attachmentContent(String(metadata.sys_id))).toEqual(bytes);
  });

  it('is not answered with a body when none is wanted', async () => {
    const response = await client.call(`${root}/file?${new URLSearchParams(target())}`, {
      body: 'x',
      headers: { 'content-type': 'text/plain', 'x-no-response-body': 'true' },
    });
    expect(await answer(response)).toEqual([201, '']);
    expect(instance.records('sys_attachment')).toHaveLength(1);
  });

  it('may be empty', async () => {
    const { sys_id } = await readRecord(await upload(target(), ''));
    expect(await (await client.call(`${root}/${sys_id}/file`)).text()).toBe('');
  });

  it.each(['table_name', 'table_sys_id', 'file_name'])('needs parameter %s', async (name) => {
    expect(await answer(await upload({ ...target(), [name]: '' }))).toMatchObject([
      400,
      { error: { detail: `Parameters are mandatory: ${name}` }, status: 'failure' },
    ]);
    expect(instance.records('sys_attachment')).toEqual([]);
  });

  it('needs a content type', async () => {
    expect((await upload(target(), 'x', '')).status).toBe(415);
  });

  it.each([
    ['table_sys_id', 'nothing'],
    ['table_name', 'sc_task'],
    ['table_name', 'no_such_table'],
  ])('needs a record that is there, not one of %s %s', async (name, value) => {
    expect(await answer(await upload({ ...target(), [name]: value }))).toEqual([404, notFound]);
    expect(instance.records('sys_attachment')).toEqual([]);
  });

  it('needs access to the record: to one that may not be read 404, to one that may not be changed 403', async () => {
    instance.hide('incident', incident);
    expect(await answer(await upload())).toEqual([404, notFound]);
    instance.hide('incident', incident, false);
    takeRole(instance, instance.login, 'sn_incident_write');
    expect(await answer(await upload())).toEqual([
      403,
      {
        error: { message: 'Operation Failed', detail: 'ACL Exception Insert Failed due to security constraints' },
        status: 'failure',
      },
    ]);
    takeRole(instance, instance.login, 'sn_incident_read');
    expect(await answer(await upload())).toEqual([404, notFound]);
    expect(instance.records('sys_attachment')).toEqual([]);
    const beth = clientOf(instance, 'beth.anglin');
    expect((await upload(target(), 'x', 'text/plain', beth)).status).toBe(201);
  });

  it.each(['sc_request', 'sc_req_item', 'sc_task'])('can be at a record of %s', async (table_name) => {
    const table_sys_id = instance.insert(table_name, {}).sys_id ?? '';
    expect((await upload({ ...target(), table_name, table_sys_id })).status).toBe(201);
  });
});

describe('the attachments of a record', () => {
  const list = async (parameters: Record<string, string> = {}, by = client) =>
    (await readRecords(await by.call(`${root}?${new URLSearchParams(parameters)}`))).map((row) => row.file_name);

  beforeEach(async () => {
    const other = instance.insert('incident', {}).sys_id ?? '';
    for (const file_name of ['b.txt', 'a.txt']) await upload({ ...target(), file_name });
    await upload({ ...target(), table_sys_id: other, file_name: 'other.txt' });
  });

  it('are found by a query', async () => {
    const query = `table_name=incident^table_sys_id=${incident}`;
    expect(await list({ sysparm_query: query })).toEqual(['b.txt', 'a.txt']);
    expect(await list({ sysparm_query: `${query}^ORDERBYfile_name` })).toEqual(['a.txt', 'b.txt']);
    expect(await list({ sysparm_query: 'ORDERBYfile_name', sysparm_limit: '1', sysparm_offset: '1' })).toEqual([
      'b.txt',
    ]);
    expect(await list({ sysparm_query: 'file_name=none' })).toEqual([]);
    expect(await list()).toHaveLength(3);
  });

  it('are not seen by who may not read the record, neither here nor through the Table API', async () => {
    const rows = async () => {
      const response = await client.call('/api/now/table/sys_attachment?sysparm_fields=file_name');
      return [response.headers.get('x-total-count'), (await readRecords(response)).map((row) => row.file_name)];
    };
    expect(await rows()).toEqual(['3', ['b.txt', 'a.txt', 'other.txt']]);
    instance.hide('incident', incident);
    expect(await list()).toEqual(['other.txt']);
    expect(await rows()).toEqual(['3', ['other.txt']]);
    const { sys_id } = instance.records('sys_attachment')[0] ?? {};
    for (const path of [`${root}/${sys_id}`, `${root}/${sys_id}/file`, `/api/now/table/sys_attachment/${sys_id}`]) {
      expect(await answer(await client.call(path))).toEqual([404, notFound]);
    }
    takeRole(instance, instance.login, 'sn_incident_read');
    expect(await rows()).toEqual(['3', []]);
  });

  it('are not seen where the attachment itself is hidden, or its table closed', async () => {
    const { sys_id = '' } = instance.records('sys_attachment')[0] ?? {};
    instance.hide('sys_attachment', sys_id);
    expect(await list()).toEqual(['a.txt', 'other.txt']);
    expect((await client.call(`${root}/${sys_id}/file`)).status).toBe(404);
    instance.hide('sys_attachment', sys_id, false);
    addControl(instance, 'sys_attachment', 'read', 'itil');
    expect((await client.call(`${root}/${sys_id}`)).status).toBe(404);
    expect(await list()).toEqual([]);
  });

  it('go with the record', async () => {
    instance.remove('incident', incident);
    expect(await list()).toEqual(['other.txt']);
  });

  it('are not made or changed through the Table API', async () => {
    const table = '/api/now/table/sys_attachment';
    expect((await client.call(table, { body: target() })).status).toBe(403);
    const { sys_id } = instance.records('sys_attachment')[0] ?? {};
    expect((await client.call(`${table}/${sys_id}`, { method: 'PATCH', body: { file_name: 'x' } })).status).toBe(403);
    expect((await client.call(`${table}/${sys_id}`, { method: 'DELETE' })).status).toBe(403);
  });
});

describe('one attachment', () => {
  it('tells what is known of it, with and without a version', async () => {
    const sysId = await uploaded();
    const metadata = await client.one(`${root}/${sysId}`);
    expect(metadata).toMatchObject({ file_name: 'details.txt', size_bytes: '7' });
    expect(await client.one(`/api/now/v1/attachment/${sysId}`)).toEqual(metadata);
  });

  it('is deleted with 204, once, by who may change the record', async () => {
    const sysId = await uploaded();
    takeRole(instance, instance.login, 'sn_incident_write');
    expect((await client.call(`${root}/${sysId}`, { method: 'DELETE' })).status).toBe(403);
    giveRole(instance, instance.login, 'sn_incident_write');
    expect(await answer(await client.call(`${root}/${sysId}`, { method: 'DELETE' }))).toEqual([204, '']);
    expect(instance.requests.at(-1)).toMatchObject({ table: 'sys_attachment', sysId, committed: true });
    for (const path of [`${root}/${sysId}`, `${root}/${sysId}/file`]) {
      expect(await answer(await client.call(path))).toEqual([404, notFound]);
    }
    expect(await answer(await client.call(`${root}/${sysId}`, { method: 'DELETE' }))).toEqual([404, notFound]);
    expect([instance.records('sys_attachment'), instance.attachmentContent(sysId)]).toEqual([[], undefined]);
  });

  it('loses its file when it is deleted from inside', async () => {
    const sysId = await uploaded();
    instance.remove('sys_attachment', sysId);
    expect(instance.attachmentContent(sysId)).toBeUndefined();
  });

  it.each([
    ['POST', '', 405],
    ['GET', '/file', 405],
    ['POST', '/x', 405],
    ['PUT', '/x/file', 405],
    ['GET', '/x/nothing', 400],
  ])('refuses %s of %j with %i', async (method, path, status) => {
    expect((await client.call(`${root}${path}`, { method })).status).toBe(status);
  });

  it('needs a login', async () => {
    const stranger = makeClient({ url: instance.url, login: 'nobody', password: 'x' });
    expect((await upload(target(), 'x', 'text/plain', stranger)).status).toBe(401);
    expect((await stranger.call(`${root}/${await uploaded()}/file`)).status).toBe(401);
  });
});
