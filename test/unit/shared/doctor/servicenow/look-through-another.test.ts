import { describe, expect, it } from 'vitest';
import { lookThroughAnother } from '../../../../../shared/doctor/servicenow/look-through-another.ts';
import { HoldError, UnavailableError } from '../../../../../shared/errors.ts';
import type { ConnectionSettings } from '../../../../../shared/secrets/connection-settings.ts';
import { contextOf } from './context-of.ts';
import { fakeLogins, stopOf } from './fake-logins.ts';
import { fakeTables } from './fake-tables.ts';
import { basicSettings, oauthSettings } from './settings-of.ts';

const asUser = (login: string, root = 'https://contoso.service-now.com') =>
  basicSettings({
    identifier: login,
    root,
    server: `${root}/api/now/table`,
    credentials: { kind: 'basic', login, password: 'x' },
  });
const answers = {
  sys_user: [{ sys_id: 'u1', user_name: 'identity.manager', active: 'true' }],
  sys_user_has_role: [{ user: 'u1', 'role.name': 'itil' }],
  sys_properties: [{ name: 'glide.authenticate.basic_auth.restriction.enforce', value: 'true' }],
  oauth_entity: [{ client_id: 'client-1', user: 'u1', active: 'true' }],
};

describe('lookThroughAnother', () => {
  it('tells what another user sees, and costs that user no more than a few calls', async () => {
    const { seen, opened, tables } = await look([asUser('helper')]);
    expect(seen).toEqual({
      via: 'helper',
      user: answers.sys_user[0],
      roles: new Set(['itil']),
      restrictsBasic: true,
      allowsClientCredentials: undefined,
      application: undefined,
    });
    expect(opened).toEqual(['helper']);
    expect(tables.queries.map(({ table }) => table)).toEqual(['sys_user', 'sys_properties', 'sys_user_has_role']);
  });

  it('looks at the application of a refused client too', async () => {
    const { seen, tables } = await look([asUser('helper')], { refused: oauthSettings('client_credentials') });
    expect(seen?.application).toEqual(answers.oauth_entity[0]);
    expect(tables.queries.length).toBeLessThanOrEqual(6);
  });

  it.each([
    { what: 'of another host', other: asUser('helper', 'https://fabrikam.service-now.com') },
    { what: 'with the same login, which would be refused again', other: asUser('identity.manager') },
    { what: 'with the same login in other letters', other: asUser('Identity.Manager') },
    { what: 'whose login is stopped', other: asUser('stopped') },
    { what: 'whose settings are faulty', other: asUser('faulty') },
    { what: 'whose settings can not be read', other: asUser('away') },
  ])('does not sign in through a connection $what', async ({ other }) => {
    const { seen, opened } = await look([other]);
    expect({ seen, opened }).toEqual({ seen: undefined, opened: [] });
  });

  it('goes on with the next connection where one can not help', async () => {
    const { seen, opened } = await look([asUser('away'), asUser('refused'), asUser('helper'), asUser('another')]);
    expect(seen?.via).toBe('helper');
    expect(opened).toEqual(['refused', 'helper']);
  });

  it('sees nothing where there is no other connection', async () => {
    expect((await look([])).seen).toBeUndefined();
  });
});

async function look(others: readonly ConnectionSettings[], { refused = basicSettings() } = {}) {
  const tables = fakeTables(answers);
  const opened: string[] = [];
  const seen = await lookThroughAnother(
    refused,
    others.map(({ identifier }) => identifier),
    {
      connections: {
        read: async () => refused,
        inspect: async (identifier) => {
          if (identifier === 'away') throw new UnavailableError('away');
          const settings = others.find((other) => other.identifier === identifier);
          return {
            identifier,
            settings: identifier === 'faulty' ? undefined : settings,
            faults: [],
            warnings: [],
            origins: [],
          };
        },
      },
      logins: fakeLogins({ stopped: async (login) => (login.endsWith(' stopped') ? stopOf(1) : undefined) }),
      serviceNow: {
        open: async (identifier) => {
          opened.push(identifier);
          if (identifier === 'refused') throw new HoldError('connection refused', 'refused');
          return contextOf({ tables }).instance;
        },
      },
    },
  );
  return { seen, opened, tables };
}
