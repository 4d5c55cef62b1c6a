import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFileConnection } from '../../../../shared/secrets/file-connections.ts';
import { SETTING_NAMES } from '../../../../shared/secrets/setting-names.ts';
import { memorySettings } from '../settings/memory-settings.ts';

async function read(content: unknown, identifier = 'Help') {
  const { readSettings } = memorySettings({ 'a.json': content });
  const { texts, faults, warnings } = readFileConnection(await readSettings('a.json'), identifier);
  return { texts: Object.fromEntries(texts), faults, warnings };
}
const readHelp = (Help: unknown) => read({ Connections: { Help } });
const nothing = { texts: {}, faults: [], warnings: [] };

describe('readFileConnection', () => {
  it('gives every setting as the text that stands in the file, and none of another connection', async () => {
    const content = {
      Connections: {
        Help: { Server: 'https://x', ResponseSizeLimit: 500, ConcurrencyLimit: '4', OAuth2Scope: true },
        Other: { Login: 'other' },
      },
    };
    const texts = { Server: 'https://x', ResponseSizeLimit: '500', ConcurrencyLimit: '4', OAuth2Scope: 'true' };
    expect(await read(content)).toEqual({ ...nothing, texts });
    expect(await read(content, 'Other')).toEqual({ ...nothing, texts: { Login: 'other' } });
  });

  it.each([
    [{}, 'Help'],
    [{ Connections: {} }, 'Help'],
    [{ Connections: { Other: { Login: 'api' } } }, 'Help'],
    [{ Connections: { Other: { Login: 'api' } } }, 'constructor'],
    [{ Connections: { Other: { Login: 'api' } } }, '__proto__'],
    [{ Connections: { Other: { Login: 'api' } } }, ''],
  ])('finds nothing in %j about %j', async (content, identifier) => {
    expect(await read(content, identifier)).toEqual(nothing);
  });

  it('finds nothing where there is no file', () => {
    expect(readFileConnection(undefined, 'Help')).toEqual({ texts: new Map(), faults: [], warnings: [] });
  });

  it.each(['', null])('takes %j for a setting that is not given, as the templates leave them', async (empty) => {
    const all = Object.fromEntries(SETTING_NAMES.map((name) => [name, empty]));
    expect(await readHelp({ ...all, Login: 'api' })).toEqual({ ...nothing, texts: { Login: 'api' } });
  });

  it('keeps spaces and zeros, which are values', async () => {
    expect(await readHelp({ Password: ' ', ResponseSizeLimit: 0, OAuth2Scope: false })).toEqual({
      ...nothing,
      texts: { Password: ' ', ResponseSizeLimit: '0', OAuth2Scope: 'false' },
    });
  });

  it('takes names of settings and of the section in any case of letters', async () => {
    expect(await read({ connections: { Help: { sERVER: 'https://x', password: 'S3cr3t' } } })).toEqual({
      ...nothing,
      texts: { Server: 'https://x', Password: 'S3cr3t' },
    });
  });

  it('warns of names that are no settings with the nearest one, and uses the others', async () => {
    const { texts, faults, warnings } = await readHelp({ Servr: 'https://S3cr3t', Passwort: 'S3cr3t', Login: 'api' });
    expect({ texts, faults }).toEqual({ texts: { Login: 'api' }, faults: [] });
    expect(warnings).toEqual([
      '"Servr" is no setting of a connection; did you mean Server?',
      '"Passwort" is no setting of a connection; did you mean Password?',
    ]);
  });

  it('warns of unknown names whatever they hold, and shows a hundred characters of them', async () => {
    const { texts, faults, warnings } = await readHelp({
      Nested: { Password: 'S3cr3t' },
      List: ['S3cr3t'],
      Null: null,
      ['x'.repeat(200)]: 1,
    });
    expect({ texts, faults }).toEqual({ texts: {}, faults: [] });
    expect(warnings).toHaveLength(4);
    expect(warnings.join('\n')).not.toContain('S3cr3t');
    expect(warnings[3]).toContain(`"${'x'.repeat(100)}" is no setting`);
  });

  it.each([
    ['a list', ['S3cr3t']],
    ['a list', []],
    ['an object', { S3cr3t: 'S3cr3t' }],
  ])('takes %s for a fault of the setting, and the others as they are', async (shape, Password) => {
    expect(await readHelp({ Password, Login: 'api' })).toEqual({
      texts: { Login: 'api' },
      faults: [{ setting: 'Password', message: `Password: expected a text, got ${shape}` }],
      warnings: [],
    });
  });

  it('takes one filter or a list of them, by index', async () => {
    expect(await readHelp({ Filter: 'sys_user#active=true' })).toMatchObject({
      texts: { Filter: 'sys_user#active=true' },
    });
    expect(await readHelp({ filter: ['a#x=1', '', null, 'b#y=2'] })).toEqual({
      ...nothing,
      texts: { 'Filter:0': 'a#x=1', 'Filter:3': 'b#y=2' },
    });
    expect(await readHelp({ 'Filter:1': 'b#y=2' })).toMatchObject({ texts: { 'Filter:1': 'b#y=2' } });
    expect(await readHelp({ Filter: ['a', ['S3cr3t'], { b: 'S3cr3t' }] })).toEqual({
      texts: { 'Filter:0': 'a' },
      faults: [
        { setting: 'Filter:1', message: 'Filter:1: expected a text, got a list' },
        { setting: 'Filter:2', message: 'Filter:2: expected a text, got an object' },
      ],
      warnings: [],
    });
  });

  it.each([
    '{"Connections":{"Help":{"Login":"S3cr3t"},"Help":{"Login":"S3cr3t"}}}',
    '{"Connections":{"Help":{"Login":"S3cr3t"},"HELP":{"Login":"S3cr3t"}}}',
    '{"Connections":{"hELP":{"Login":"S3cr3t"},"Help":{"Login":"S3cr3t"}}}',
  ])('refuses a connection that stands there twice, in any case of letters: %s', async (text) => {
    expect(await read(text)).toEqual({
      ...nothing,
      faults: [{ message: 'expected connection "Help" once, got it more than once: keep one of them' }],
    });
    expect((await read(text, 'help')).faults).toHaveLength(1);
  });

  it('is not kept from a connection by one that stands there twice, or is of another shape', async () => {
    const text = '{"Connections":{"A":{"Login":"1"},"a":{"Login":"2"},"B":"x","Help":{"Login":"api"}}}';
    expect(await read(text)).toEqual({ ...nothing, texts: { Login: 'api' } });
  });

  it.each(['Login', 'LOGIN'])('takes a setting that stands there twice for its fault: Login and %s', async (again) => {
    const { faults, warnings } = await read(
      `{"Connections":{"Help":{"Login":"S3cr3t","Server":"https://x","${again}":"S3cr3t"},"Other":{"Server":"a","server":"b"}}}`,
    );
    expect({ faults, warnings }).toEqual({
      faults: [{ setting: 'Login', message: 'Login: expected once, got it more than once: keep one of them' }],
      warnings: [],
    });
  });

  it('does not care how often an unknown name stands there', async () => {
    expect(await read('{"Connections":{"Help":{"Foo":1,"foo":2}}}')).toMatchObject({ faults: [] });
  });

  it('warns of a connection whose name differs in its capital letters, and does not use it', async () => {
    expect(await read({ Connections: { HELP: { Login: 'api' } } })).toEqual({
      ...nothing,
      warnings: ['has connection "HELP", which differs in its capital letters'],
    });
  });

  it.each([
    ['S3cr3t', 'a text'],
    [['S3cr3t'], 'a list'],
    [4711, 'a number'],
    [true, 'true or false'],
  ])('refuses %j in place of the section or of a connection', async (content, shape) => {
    expect(await read({ Connections: content })).toEqual({
      ...nothing,
      faults: [{ message: `expected an object of connections in section Connections, got ${shape}` }],
    });
    expect(await readHelp(content)).toEqual({
      ...nothing,
      faults: [{ message: `expected an object of settings as connection "Help", got ${shape}` }],
    });
  });

  it.each([{}, null, '', []])(
    'takes %j for an empty section and for an empty connection, as .NET does',
    async (empty) => {
      expect(await read({ Connections: empty })).toEqual(nothing);
      expect(await readHelp(empty)).toEqual(nothing);
    },
  );

  it('never throws, and never puts a value into a sentence', async () => {
    const leaf = fc.oneof(
      fc.constantFrom<unknown>(null, true, 4711, '', 'S3cr3t'),
      fc.array(fc.constantFrom<unknown>('S3cr3t', null, ['S3cr3t'], { a: 'S3cr3t' })),
      fc.constant({ a: 'S3cr3t' }),
    );
    const names = fc.oneof(fc.constantFrom(...SETTING_NAMES, 'login', 'Passwort', '__proto__'), fc.string());
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(names, leaf)), async (members) => {
        const body = members.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join();
        const { faults, warnings } = await read(`{"Connections":{"Help":{${body}}}}`);
        expect(JSON.stringify([faults, warnings])).not.toMatch(/S3cr3t|4711/);
      }),
    );
  });
});
