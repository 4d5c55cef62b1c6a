import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { type Client, makeClient } from './client.ts';

let instance: ServiceNow;
let client: Client;
let now = new Date('2026-11-23T10:00:00Z');

beforeAll(async () => {
  instance = await startServiceNow({ now: () => now });
  client = makeClient(instance);
});
afterAll(() => instance.close());

const create = async (values = {}) => String((await client.create('incident', values)).sys_id);
const sysIdOf = (userName: string) => instance.records('sys_user').find((row) => row.user_name === userName)?.sys_id;
const close = { close_code: 'Solution provided', close_notes: 'Done' };
const refusal = (detail: string) => ({ error: { message: 'Operation Failed', detail }, status: 'failure' });
const patch = async (sysId: string, body: object) => {
  const response = await client.call(`/api/now/table/incident/${sysId}`, { method: 'PATCH', body });
  const content: unknown = await response.json();
  return { status: response.status, content };
};

describe('an incident', () => {
  it.each([
    ['1', '1', '1'],
    ['1', '2', '2'],
    ['1', '3', '3'],
    ['2', '1', '2'],
    ['2', '2', '3'],
    ['2', '3', '4'],
    ['3', '1', '3'],
    ['3', '2', '4'],
    ['3', '3', '5'],
  ])('of impact %s and urgency %s has priority %s, whatever the client says', async (impact, urgency, priority) => {
    expect(await client.create('incident', { impact, urgency, priority: '1' })).toMatchObject({ priority });
  });

  it.each(['state', 'incident_state'])('has one state under two names, written as %s', async (name) => {
    const { content } = await patch(await create(), { [name]: '2' });
    expect(content).toMatchObject({ result: { state: '2', incident_state: '2', active: 'true' } });
  });

  it.each(['6', '7'])('does not come to state %s without close code and notes', async (state) => {
    const sysId = await create();
    expect(await patch(sysId, { state })).toEqual({
      status: 403,
      content: refusal('Data Policy Exception: The following fields are mandatory: Resolution code, Resolution notes'),
    });
    expect(await patch(sysId, { state, close_notes: 'x', close_code: 'not a choice' })).toEqual({
      status: 403,
      content: refusal('Data Policy Exception: The following fields are mandatory: Resolution code'),
    });
    expect(await client.one(`/api/now/table/incident/${sysId}`)).toMatchObject({ state: '1', sys_mod_count: '0' });
  });

  it('remembers who resolved and closed it, and when', async () => {
    const sysId = await create();
    now = new Date('2026-11-23T11:00:00Z');
    expect(instance.update('incident', sysId, { state: '6', ...close })).toMatchObject({
      active: 'true',
      resolved_at: '2026-11-23 11:00:00',
      resolved_by: sysIdOf('beth.anglin'),
      closed_at: '',
      sys_updated_by: 'beth.anglin',
    });
    now = new Date('2026-11-23T12:00:00Z');
    const { content } = await patch(sysId, { state: '7' });
    expect(content).toMatchObject({
      result: {
        active: 'false',
        incident_state: '7',
        resolved_at: '2026-11-23 11:00:00',
        closed_at: '2026-11-23 12:00:00',
        closed_by: { value: sysIdOf(instance.login) },
        sys_updated_on: '2026-11-23 12:00:00',
        sys_updated_by: instance.login,
        sys_mod_count: '2',
      },
    });
  });

  it('can be reopened while it is only resolved', async () => {
    const sysId = await create();
    await patch(sysId, { state: '6', ...close });
    const { content } = await patch(sysId, { state: '2' });
    expect(content).toMatchObject({
      result: {
        state: '2',
        active: 'true',
        reopen_count: '1',
        reopened_by: { value: sysIdOf(instance.login) },
        reopened_time: '2026-11-23 12:00:00',
      },
    });
  });

  it.each(['7', '8'])('stays in state %s for good, but takes notes', async (state) => {
    const sysId = await create();
    expect((await patch(sysId, { state, ...close })).content).toMatchObject({ result: { state, active: 'false' } });
    expect(await patch(sysId, { state: '2' })).toEqual({
      status: 403,
      content: refusal('ACL Exception Update Failed due to security constraints'),
    });
    expect((await patch(sysId, { work_notes: 'Too late' })).status).toBe(200);
  });

  it('can be cancelled without a close code', async () => {
    const { status, content } = await patch(await create(), { state: '8' });
    expect(status).toBe(200);
    expect(content).toMatchObject({ result: { state: '8', active: 'false', closed_at: '2026-11-23 12:00:00' } });
  });

  it('is refused to callers inside the process as to all others', async () => {
    const sysId = await create();
    expect(() => instance.update('incident', sysId, { state: '7' })).toThrow(
      expect.objectContaining({ name: 'Refusal', status: 403, detail: expect.stringContaining('Data Policy') }),
    );
    expect(() => instance.insert('incident', { state: '7' })).toThrow('Operation Failed');
    expect(() => instance.remove('incident', 'nobody')).toThrow('No Record found');
  });
});
