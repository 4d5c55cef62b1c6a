import { describe, expect, it } from 'vitest';
import { readControls } from '../../../../../shared/doctor/servicenow/read-controls.ts';
import { readProperties } from '../../../../../shared/doctor/servicenow/read-properties.ts';
import { readMeant, readRows } from '../../../../../shared/doctor/servicenow/read-rows.ts';
import { readApplication, readRoles, readUser } from '../../../../../shared/doctor/servicenow/read-user.ts';
import { HoldError } from '../../../../../shared/errors.ts';
import { ServiceNowError } from '../../../../../shared/servicenow/servicenow-error.ts';
import { fakeTables, refusedRead } from './fake-tables.ts';
import { basicSettings, oauthSettings } from './settings-of.ts';

const QUERY = { where: [], fields: ['sys_id'], limit: 5 };

describe('readRows', () => {
  it.each([
    { what: 'all come', page: { records: [{ sys_id: '1' }], totalCount: 1 }, hidden: 0 },
    { what: 'more match than were asked for', page: { records: [{ sys_id: '1' }], totalCount: 90 }, hidden: 4 },
    { what: 'all are hidden', page: { records: [], totalCount: 3 }, hidden: 3 },
    { what: 'nobody says how many match', page: { records: [{ sys_id: '1' }] }, hidden: 0 },
    { what: 'fewer match than come', page: { records: [{ sys_id: '1' }], totalCount: 0 }, hidden: 0 },
  ])('counts $hidden hidden rows where $what', async ({ page, hidden }) => {
    expect(await readRows(fakeTables({ incident: page }), 'incident', QUERY)).toMatchObject({ kind: 'rows', hidden });
  });

  it.each([400, 403, 404])(
    'takes %i for a table that may not be read, in the words of the instance',
    async (status) => {
      const rows = await readRows(fakeTables({ incident: refusedRead(status) }), 'incident', QUERY);
      expect(rows).toMatchObject({ kind: 'unreadable', reason: expect.stringContaining('Insufficient rights') });
    },
  );

  it.each([
    { what: 'a refused login', error: refusedRead(401) },
    { what: 'a fault of the instance', error: refusedRead(500) },
    {
      what: 'a page that answers 403',
      error: new ServiceNowError('x', { execution: 'unknown', status: 403, failure: { class: 'transient' } }),
    },
    { what: 'what is not about ServiceNow', error: new HoldError('connection Help', 'x') },
  ])('leaves $what to others', async ({ error }) => {
    await expect(readRows(fakeTables({ incident: error }), 'incident', QUERY)).rejects.toBe(error);
  });
});

describe('readMeant', () => {
  const meant = (records: readonly Record<string, string>[], totalCount?: number) =>
    readMeant(fakeTables({ t: { records, totalCount } }), 't', QUERY, ({ name }) => name === 'x');

  it.each([
    { what: 'one is meant', records: [{ name: 'x' }], totalCount: 1, found: [{ name: 'x' }] },
    {
      what: 'a condition was dropped and one is meant',
      records: [{ name: 'y' }, { name: 'x' }],
      totalCount: 90,
      found: [{ name: 'x' }],
    },
    { what: 'there is none', records: [], totalCount: 0, found: [] },
    { what: 'it is hidden', records: [], totalCount: 1, found: undefined },
    { what: 'nobody says how many there are', records: [], found: undefined },
    { what: 'a condition was dropped and none is meant', records: [{ name: 'y' }], totalCount: 90, found: undefined },
  ])('concludes what it can where $what', async ({ records, totalCount, found }) => {
    expect(await meant(records, totalCount)).toEqual(found);
  });
});

describe('readUser', () => {
  const user = { sys_id: 'u1', user_name: 'Identity.Manager', active: 'true' };

  it.each([
    { settings: basicSettings(), where: ['user_name', '=', 'identity.manager'] },
    { settings: oauthSettings('password'), where: ['user_name', '=', 'identity.manager'] },
  ])('finds the user who signs in, whatever the case of letters', async ({ settings, where }) => {
    const tables = fakeTables({ sys_user: [user] });
    expect(await readUser(tables, settings.credentials)).toEqual(user);
    expect(tables.queries).toMatchObject([{ query: { where: [where] } }]);
  });

  it('finds the user of an OAuth application', async () => {
    const tables = fakeTables({
      oauth_entity: [{ client_id: 'client-1', user: 'u1', active: 'true' }],
      sys_user: [user],
    });
    expect(await readUser(tables, oauthSettings('client_credentials').credentials)).toEqual(user);
    expect(tables.queries).toMatchObject([{ table: 'oauth_entity' }, { query: { where: [['sys_id', '=', 'u1']] } }]);
  });

  it.each([
    { what: 'the application may not be read', answers: {} },
    { what: 'there is no application', answers: { oauth_entity: [] } },
    { what: 'the application has no user', answers: { oauth_entity: [{ client_id: 'client-1', user: '' }] } },
    { what: 'the application is another', answers: { oauth_entity: [{ client_id: 'client-2', user: 'u2' }] } },
  ])('can not tell the user where $what', async ({ answers }) => {
    expect(await readUser(fakeTables(answers), oauthSettings('client_credentials').credentials)).toBeUndefined();
  });

  it.each([
    { what: 'there is none', answer: [], found: 'absent' },
    { what: 'users may not be read', answer: refusedRead(), found: undefined },
    { what: 'others come', answer: [{ sys_id: 'u2', user_name: 'guest' }], found: undefined },
  ])('says $found where $what', async ({ answer, found }) => {
    expect(await readUser(fakeTables({ sys_user: answer }), basicSettings().credentials)).toBe(found);
  });

  it('tells an application that is not there from one that can not be read', async () => {
    expect(await readApplication(fakeTables({ oauth_entity: [] }), 'client-1')).toBe('absent');
    expect(await readApplication(fakeTables({}), 'client-1')).toBeUndefined();
  });

  it('takes no roles of others for those of the user', async () => {
    const roles = [
      { user: 'u1', 'role.name': 'itil' },
      { user: 'u2', 'role.name': 'admin' },
    ];
    expect(await readRoles(fakeTables({ sys_user_has_role: roles }), 'u1')).toEqual(new Set(['itil']));
    expect(await readRoles(fakeTables({ sys_user_has_role: [] }), 'u1')).toEqual(new Set());
    expect(await readRoles(fakeTables({}), 'u1')).toBeUndefined();
  });
});

describe('readProperties', () => {
  it('gives those that are set, by their own names', async () => {
    const rows = [
      { name: 'glide.buildname', value: 'Xanadu' },
      { name: 'glide.ui.autoclose.time', value: '' },
      { name: 'glide.secret', value: 'x' },
    ];
    expect(await readProperties(fakeTables({ sys_properties: rows }))).toEqual(
      new Map([
        ['glide.buildname', 'Xanadu'],
        ['glide.ui.autoclose.time', ''],
      ]),
    );
    expect(await readProperties(fakeTables({}))).toEqual(new Map());
  });
});

describe('readControls', () => {
  const acl = (more: Readonly<Record<string, string>> = {}) => ({
    sys_id: 'a1',
    name: 'incident',
    operation: 'create',
    type: 'record',
    active: 'true',
    admin_overrides: 'true',
    condition: '',
    script: '',
    advanced: 'false',
    ...more,
  });
  const link = (name = 'itil', of = 'a1') => ({ sys_security_acl: of, 'sys_user_role.name': name });
  const read = (acls: Parameters<typeof fakeTables>[0][string], links: Parameters<typeof fakeTables>[0][string]) =>
    readControls(fakeTables({ sys_security_acl: acls, sys_security_acl_role: links }), ['incident', '*']);

  it('joins controls with their roles', async () => {
    expect(await read([acl(), acl({ sys_id: 'a2', name: '*', operation: 'write' })], [link(), link('admin')])).toEqual([
      {
        name: 'incident',
        operation: 'create',
        roles: ['itil', 'admin'],
        adminOverrides: true,
        isConditional: false,
        deniesUnless: false,
      },
      { name: '*', operation: 'write', roles: [], adminOverrides: true, isConditional: false, deniesUnless: false },
    ]);
  });

  it.each([
    { what: 'not active', more: { active: 'false' } },
    { what: 'about something else than records', more: { type: 'ui_page' } },
    { what: 'about reading', more: { operation: 'read' } },
  ])('leaves out a control that is $what', async ({ more }) => {
    expect(await read([acl(more)], [])).toEqual([]);
  });

  it.each([
    { more: { condition: 'active=true' }, is: { isConditional: true } },
    { more: { advanced: 'true', script: 'answer = false' }, is: { isConditional: true } },
    { more: { advanced: 'false', script: 'answer = false' }, is: { isConditional: false } },
    { more: { admin_overrides: 'false' }, is: { adminOverrides: false } },
    { more: { decision_type: 'deny' }, is: { deniesUnless: true } },
    { more: { decision_type: 'allow' }, is: { deniesUnless: false } },
  ])('reads $more as $is', async ({ more, is }) => {
    expect(await read([acl(more)], [link()])).toMatchObject([is]);
  });

  it.each([
    { what: 'controls may not be read', acls: refusedRead(), links: [] },
    { what: 'roles of controls may not be read', acls: [acl()], links: refusedRead() },
    { what: 'controls are hidden', acls: { records: [acl()], totalCount: 2 }, links: [] },
    { what: 'nobody says how many there are', acls: { records: [acl()] }, links: [] },
    { what: 'controls of other names come', acls: [acl(), acl({ name: 'problem' })], links: [] },
    { what: 'roles of other controls come', acls: [acl()], links: [link(), link('admin', 'a9')] },
    { what: 'names of roles are left out', acls: [acl()], links: [{ sys_security_acl: 'a1' }] },
  ])('concludes nothing where $what', async ({ acls, links }) => {
    expect(await read(acls, links)).toBeUndefined();
  });

  it('keeps every address short', async () => {
    const names = Array.from({ length: 60 }, (_, index) => `incident.field_${index}`);
    const tables = fakeTables({ sys_security_acl: [], sys_security_acl_role: [] });
    expect(await readControls(tables, names)).toEqual([]);
    const asked = tables.queries.map(({ query }) => query.where.flat().length);
    expect(asked).toEqual([25, 25, 10]);
  });
});
