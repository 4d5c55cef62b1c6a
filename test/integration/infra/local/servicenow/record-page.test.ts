import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';

let instance: ServiceNow;

beforeAll(async () => {
  instance = await startServiceNow();
});
afterAll(() => instance.close());

describe('the page of a record', () => {
  it('is where both kinds of links lead, and nothing in it runs', async () => {
    const text = '<script>alert("x")</script>';
    const { sys_id, number } = instance.insert('incident', { short_description: text, work_notes: 'a & b' });
    const links = [
      `/incident.do?sys_id=${sys_id}`,
      `/nav_to.do?uri=${encodeURIComponent(`incident.do?sys_id=${sys_id}`)}`,
    ];
    for (const link of [...links, `/nav_to.do?uri=%2Ftask.do%3Fsys_id%3D${sys_id}`]) {
      const response = await fetch(`${instance.url}${link}`);
      const page = await response.text();
      expect(response.status).toBe(200);
      expect(response.headers.get('content-security-policy')).toBe("default-src 'none'");
      expect(page).toContain(`<title>Incident ${number}</title>`);
      expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;');
      expect(page).toContain('a &amp; b');
      expect(page).not.toContain('<script');
    }
  });

  it('shows no password', async () => {
    const user = instance.records('sys_user').find((row) => row.user_name === instance.login);
    const page = await (await fetch(`${instance.url}/sys_user.do?sys_id=${user?.sys_id}`)).text();
    expect(page).toContain('********');
    expect(page).not.toContain(user?.user_password);
  });

  it.each(['/incident.do?sys_id=nobody', '/nothing.do?sys_id=x', '/nav_to.do', '/nav_to.do?uri=//host/x', '/', '//'])(
    'is not found at %s',
    async (path) => {
      expect((await fetch(`${instance.url}${path}`)).status).toBe(404);
    },
  );
});
