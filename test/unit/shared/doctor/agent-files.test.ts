import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionNamedBy, findConnections } from '../../../../shared/doctor/agent-files.ts';
import { UnavailableError } from '../../../../shared/errors.ts';
import { filesOf } from './files-of.ts';

const mappings = (...names: readonly unknown[]) => ({
  ServiceNowResourceTypeMappings: Object.fromEntries(
    names.map((Connection, index) => [`Type${index}`, { Connection }]),
  ),
});

describe('findConnections', () => {
  it('finds what any file names, once and sorted', async () => {
    const found = await findConnections(
      filesOf({
        'appsettings.agent.json': { ...mappings('Mapped', 'Plain'), Connections: { Plain: {}, Both: {} } },
        'appsettings.encrypted.agent.json': { Connections: { Both: {}, Encrypted: {} } },
        'appsettings.cyberArk.agent.json': { Connections: { CyberArk: {} } },
        'appsettings.connection.json': { Connections: { Refused: {} } },
      }),
    );
    expect(found).toEqual({ identifiers: ['Both', 'CyberArk', 'Encrypted', 'Mapped', 'Plain', 'Refused'], unread: [] });
  });

  it('finds the connection of a mapping that is faulty otherwise', async () => {
    const agent = { ServiceNowResourceTypeMappings: { Sap: { Connection: 'Help', TicketImpact: 'Huge' }, Key: 'x' } };
    expect((await findConnections(filesOf({ 'appsettings.agent.json': agent }))).identifiers).toEqual(['Help']);
  });

  it('names the files that may name more, and goes on without them', async () => {
    const found = await findConnections(
      filesOf({
        'appsettings.agent.json': '{',
        'appsettings.encrypted.agent.json': new UnavailableError('away'),
        'appsettings.cyberark.agent.json': { Connections: { CyberArk: {} } },
      }),
    );
    expect(found.identifiers).toEqual(['CyberArk']);
    expect(found.unread).toEqual(['appsettings.agent.json', 'appsettings.encrypted.agent.json']);
  });

  it('finds none where there are no files', async () => {
    expect(await findConnections(filesOf({}))).toEqual({ identifiers: [], unread: [] });
  });
});

describe('connectionNamedBy', () => {
  it('takes a text only, of anything at all', () => {
    expect(connectionNamedBy({ Connection: 'Help' })).toBe('Help');
    fc.assert(
      fc.property(fc.anything(), (data) => {
        expect(['string', 'undefined']).toContain(typeof connectionNamedBy(data));
        if (typeof data !== 'string') expect(connectionNamedBy({ Connection: data })).toBeUndefined();
      }),
    );
  });
});
