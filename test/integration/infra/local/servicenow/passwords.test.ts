import { afterAll, beforeAll, expect, it } from 'vitest';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { addControl, idOf, setProperty } from './administer.ts';
import { type Client, makeClient, readRecord } from './client.ts';

let instance: ServiceNow;
let client: Client;
let james: string;

beforeAll(async () => {
  instance = await startServiceNow();
  client = makeClient(instance);
  james = idOf(instance, 'sys_user', 'user_name=james.bond');
});
afterAll(() => instance.close());

const set = (password: string, query = '?sysparm_input_display_value=true') =>
  client.call(`/api/now/table/sys_user/${james}${query}`, { method: 'PATCH', body: { user_password: password } });
const signIn = async (password: string) => {
  const answer = await makeClient({ url: instance.url, login: 'james.bond', password }).call('/api/now/table/incident');
  return answer.status;
};

it('lets a user sign in with a password that was set by its display value, and with no other', async () => {
  expect((await set('Geh3im!!', '')).status).toBe(200);
  expect(await signIn('Geh3im!!')).toBe(401);
  const answer = await set('Geh3im!!');
  expect(answer.status).toBe(200);
  // It can be read as little as any other.
  expect(JSON.stringify(await readRecord(answer))).not.toContain('Geh3im!!');
  expect(await signIn('Geh3im!!')).toBe(200);
});

it('refuses what the policy does not take, and says what is missing', async () => {
  setProperty(instance, 'glide.enable.password_policy', 'true');
  const answer = await set('geheim');
  expect(answer.status).toBe(403);
  expect(await answer.json()).toMatchObject({
    error: {
      message: 'Operation Failed',
      detail:
        'Password does not meet the password policy: it needs at least 8 characters, an upper-case letter, a digit',
    },
  });
  expect((await set('Geh3im!!!')).status).toBe(200);
  expect(await signIn('Geh3im!!!')).toBe(200);
});

it('drops what the account may not write, and answers as if it had', async () => {
  addControl(instance, 'sys_user.user_password', 'write', 'admin');
  const before = instance.records('sys_user', `sys_id=${james}`)[0];
  expect((await set('An0ther!!')).status).toBe(200);
  const after = instance.records('sys_user', `sys_id=${james}`)[0];
  expect(after?.user_password).toBe(before?.user_password);
  expect(after?.sys_mod_count).toBe(before?.sys_mod_count);
});
