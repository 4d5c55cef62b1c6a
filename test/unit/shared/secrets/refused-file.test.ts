import { describe, expect, it } from 'vitest';
import { refusedFileSource } from '../../../../shared/secrets/refused-file.ts';
import { memorySettings } from '../settings/memory-settings.ts';

const FILE = 'appsettings.connection.json';
const read = (content: unknown, identifier = 'Help') =>
  refusedFileSource(memorySettings({ [FILE]: content }).readSettings).read(identifier);
const nothing = { settings: new Map(), faults: [], warnings: [] };

describe('refusedFileSource', () => {
  it('is no source where there is no such file', async () => {
    const source = refusedFileSource(memorySettings({ 'appsettings.agent.json': {} }).readSettings);
    expect(await source.read('Help')).toBeUndefined();
    expect(await source.name()).toBe(FILE);
  });

  it.each([
    ['a setting of the connection', { Connections: { Help: { Login: 'S3cr3t' } } }],
    ['a value that is no setting of it', { Connections: { Help: { Foo: 'S3cr3t' } } }],
    ['a fault', { Connections: { Help: { Login: ['S3cr3t'] } } }],
    ['the connection twice', '{"Connections":{"Help":{"Login":"S3cr3t"},"help":{}}}'],
    ['the connection in other capital letters', { connections: { HELP: { Login: 'S3cr3t' } } }],
    ['another form of connections', { Connections: ['S3cr3t'] }],
  ])(
    'refuses a connection where the file has %s, says why and what to do, and shows nothing of it',
    async (_what, content) => {
      expect(await read(content)).toEqual({
        ...nothing,
        faults: [
          {
            message:
              'expected no settings of connection "Help" in appsettings.connection.json, which only an agent can read: move them to another source and take them out there',
          },
        ],
      });
    },
  );

  it.each([
    ['another connection', { Connections: { Other: { Login: 'x' } } }],
    ['the connection with nothing in it', { Connections: { Help: {} } }],
    ['nothing given of the connection', { Connections: { Help: { Login: '', Password: null } } }],
    ['no connections', {}],
  ])('says nothing where the file has %s', async (_what, content) => {
    expect(await read(content)).toEqual(nothing);
  });
});
