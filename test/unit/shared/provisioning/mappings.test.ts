import { describe, expect, it } from 'vitest';
import type { AgentSettings } from '../../../../shared/agent-settings.ts';
import { makeMappings } from '../../../../shared/provisioning/mappings.ts';
import { recordingLog } from '../recording-log.ts';

const mappingsOf = (mappings: Readonly<Record<string, unknown>>) =>
  makeMappings(
    async (): Promise<AgentSettings> => ({
      connections: new Map(),
      mappings: new Map(Object.entries(mappings)),
      version: '1',
    }),
    recordingLog(),
  );

describe('makeMappings', () => {
  it('finds a resource type’s mapping', async () => {
    expect(await mappingsOf({ SAP: { Connection: 'Help' } }).find('SAP')).toMatchObject({ Connection: 'Help' });
  });

  it('rejects an unknown type among loaded ones: the order can not become a ticket', async () => {
    await expect(mappingsOf({ SAP: { Connection: 'Help' } }).find('Nobody')).rejects.toMatchObject({
      failure: { class: 'permanent' },
      message: expect.stringContaining('"Nobody"'),
    });
  });

  it('holds every order while no mapping is loaded', async () => {
    await expect(mappingsOf({}).find('SAP')).rejects.toMatchObject({ failure: { class: 'hold', scope: 'settings' } });
  });

  it('holds the orders of a type whose mapping is faulty, and says what is wrong with it', async () => {
    await expect(mappingsOf({ SAP: { TicketImpact: 'Huge' } }).find('SAP')).rejects.toMatchObject({
      failure: { class: 'hold', scope: 'resource type SAP' },
      message: expect.stringMatching(/Connection: .*TicketImpact: /),
    });
  });

  it.each(['constructor', '__proto__', 'toString'])('does not take %s for a mapping', async (name) => {
    await expect(mappingsOf({ SAP: { Connection: 'Help' } }).find(name)).rejects.toMatchObject({
      failure: { class: 'permanent' },
    });
  });

  it('names every connection once, and those of faulty mappings not', async () => {
    const mappings = mappingsOf({ A: { Connection: 'B' }, B: { Connection: 'A' }, C: { Connection: 'B' }, D: {} });
    expect(await mappings.connections()).toEqual(['A', 'B']);
  });
});
