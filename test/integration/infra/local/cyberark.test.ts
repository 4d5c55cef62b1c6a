import { Agent } from 'node:https';
import axios from 'axios';
import { afterAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { type CertificatePair, makeRsaCertificate } from '../../../../infra/local/certificate.ts';
import { type CyberArk, startCyberArk } from '../../../../infra/local/cyberark.ts';

const ACCOUNTS = '/AIMWebService/api/Accounts';
const { certificate } = inject('storage');
const clientCa = await makeRsaCertificate({ commonName: 'client CA' });
const [ours, foreign, expired] = await Promise.all([
  makeRsaCertificate({ commonName: 'connector', issuer: clientCa }),
  makeRsaCertificate({ commonName: 'connector' }),
  makeRsaCertificate({ commonName: 'old', issuer: clientCa, notBefore: new Date(0), notAfter: new Date(1e12) }),
]);

const agents: Agent[] = [];
afterAll(() => {
  for (const agent of agents) agent.destroy();
});

/** A client as an application has one, with a certificate of its own or without. */
function clientOf(pair: CertificatePair | undefined) {
  const httpsAgent = new Agent({ ca: certificate.certificate, ...(pair && { cert: pair.certificate, key: pair.key }) });
  agents.push(httpsAgent);
  const client = axios.create({ httpsAgent, proxy: false, maxRedirects: 0, validateStatus: () => true });
  return async (path: string, params: Readonly<Record<string, string>> = {}, method = 'GET') => {
    const { status, data, headers } = await client.request<unknown>({
      url: `${cyberArk.url}${path}`,
      params,
      method,
    });
    return { status, data, contentType: String(headers['content-type']) };
  };
}

let cyberArk: CyberArk;
const call = clientOf(ours);
const ask = (more: Readonly<Record<string, string>> = {}) =>
  call(ACCOUNTS, { AppID: 'connector', Safe: 'Tickets', Object: 'Desk', ...more });

beforeEach(async () => {
  cyberArk = await startCyberArk({
    certificate,
    clientCa: clientCa.certificate,
    appId: 'connector',
    safe: 'Tickets',
    accounts: [
      { name: 'Desk', userName: 'svc-desk', address: 'https://desk.contoso.com', content: 'canary' },
      { name: 'Twice', userName: 'one', content: 'a', folder: 'Root' },
      { name: 'Twice', userName: 'two', content: 'b', folder: 'Root\\Old' },
    ],
  });
  return () => cyberArk.close();
});

describe('the local Central Credential Provider', () => {
  it('gives the properties of an account as texts, with its password as Content', async () => {
    expect(await ask()).toEqual({
      status: 200,
      contentType: 'application/json; charset=utf-8',
      data: expect.objectContaining({
        Content: 'canary',
        UserName: 'svc-desk',
        Address: 'https://desk.contoso.com',
        Safe: 'Tickets',
        Folder: 'Root',
        Name: 'Desk',
        PasswordChangeInProcess: 'False',
      }),
    });
    const { data } = await ask();
    expect(new Set(Object.values(Object(data)).map((value) => typeof value))).toEqual(new Set(['string']));
  });

  it('leaves out a property that the account does not have', async () => {
    cyberArk.set('Bare', { content: 'x' });
    const { data } = await ask({ Object: 'Bare' });
    expect(data).not.toHaveProperty('UserName');
    expect(data).not.toHaveProperty('Address');
  });

  it('knows names in any case of letters, and finds by every parameter or by a query alone', async () => {
    const found = { status: 200, data: expect.objectContaining({ Content: 'canary' }) };
    expect(await ask({ AppID: 'CONNECTOR', Safe: 'tickets', Object: 'dESK' })).toMatchObject(found);
    const byUser = { AppID: 'connector', UserName: 'svc-desk', Address: 'https://desk.contoso.com' };
    expect(await call(ACCOUNTS, byUser)).toMatchObject(found);
    expect(await ask({ Object: 'void', Query: 'Safe=Tickets;Folder=Root;Object=Desk' })).toMatchObject(found);
  });

  it.each([
    ['an account that is not there', { Object: 'Nobody' }, 404, 'APPAP004E'],
    ['a safe that is not there', { Safe: 'Elsewhere' }, 404, 'APPAP004E'],
    ['an account in another folder', { Folder: 'Old' }, 404, 'APPAP004E'],
    ['an application that is not defined', { AppID: 'stranger' }, 403, 'APPAP008E'],
    ['several accounts', { Object: 'Twice' }, 400, 'APPAP229E'],
    ['no application', { AppID: '' }, 400, 'AIMWS031E'],
    ['an empty criterion', { Object: '' }, 400, 'AIMWS030E'],
    ['a query with an unknown criterion', { Query: 'Color=blue' }, 400, 'AIMWS030E'],
    ['characters that it does not take', { Object: 'a&b' }, 400, 'CASVL010E'],
  ])('refuses %s with its own code', async (_what, more, status, ErrorCode) => {
    expect(await ask(more)).toMatchObject({ status, data: { ErrorCode, ErrorMsg: expect.stringMatching(/\S/) } });
  });

  it('tells several accounts of one name apart by folder or user', async () => {
    expect(await ask({ Object: 'Twice', Folder: 'Root\\Old' })).toMatchObject({ data: { Content: 'b' } });
    expect(await ask({ Object: 'Twice', UserName: 'one' })).toMatchObject({ data: { Content: 'a' } });
  });

  it('gives the old password while the CPM changes it and says so, unless it is told to fail then', async () => {
    cyberArk.changing('Desk', true);
    expect(await ask()).toMatchObject({ status: 200, data: { Content: 'canary', PasswordChangeInProcess: 'True' } });
    expect(await ask({ FailRequestOnPasswordChange: 'true' })).toMatchObject({
      status: 500,
      data: { ErrorCode: 'APPAP282E' },
    });
    cyberArk.set('Desk', { content: 'new', isChanging: false });
    expect(await ask({ FailRequestOnPasswordChange: 'true' })).toMatchObject({ status: 200, data: { Content: 'new' } });
  });

  it('is nowhere else, and takes nothing but GET', async () => {
    const page = { status: 404, contentType: 'text/html' };
    expect(await call('/', {})).toMatchObject(page);
    expect(await call('/AIMWebService/api/Safes', { AppID: 'connector' })).toMatchObject(page);
    expect(await call(ACCOUNTS, { AppID: 'connector', Object: 'Desk' }, 'POST')).toMatchObject(page);
    expect(await call('/aimwebservice/API/accounts/', { AppID: 'connector', Object: 'Desk' })).toMatchObject({
      status: 200,
    });
  });

  it('is told to answer anything, until it is told to stop', async () => {
    cyberArk.respondWith(503, { body: '<html>', headers: { 'Retry-After': '7' } });
    expect(await ask()).toMatchObject({ status: 503, data: '<html>', contentType: 'text/html' });
    cyberArk.respondWith(undefined);
    expect((await ask()).status).toBe(200);
  });
});

describe('mutual TLS', () => {
  const parameters = { AppID: 'connector', Safe: 'Tickets', Object: 'Desk' };

  it('lets in a certificate of its CA, and keeps who called', async () => {
    expect((await ask()).status).toBe(200);
    expect(cyberArk.requests).toEqual([{ path: ACCOUNTS, parameters, client: 'connector', status: 200 }]);
  });

  it('does without one, and the service then refuses the application', async () => {
    expect(await clientOf(undefined)(ACCOUNTS, parameters)).toMatchObject({
      status: 403,
      data: { ErrorCode: 'APPAP306E' },
    });
    expect(cyberArk.requests).toMatchObject([{ client: undefined, status: 403 }]);
  });

  it.each([
    ['of another CA', foreign, '403.16'],
    ['that has expired', expired, '403.17'],
  ])('turns away a certificate %s with a page of the web server', async (_what, pair, code) => {
    expect(await clientOf(pair)(ACCOUNTS, parameters)).toEqual({
      status: 403,
      data: expect.stringContaining(code),
      contentType: 'text/html',
    });
  });

  it('is not asked for where no CA is given', async () => {
    const accounts = [{ name: 'Desk', content: 'canary' }];
    const open = await startCyberArk({ certificate, appId: 'connector', safe: 'Tickets', accounts });
    const { status } = await axios.get(open.url + ACCOUNTS, {
      params: parameters,
      proxy: false,
      httpsAgent: new Agent({ ca: certificate.certificate, keepAlive: false }),
    });
    await open.close();
    expect(status).toBe(200);
  });
});
