import { describe, expect, it } from 'vitest';
import { makeMappings } from '../../../../shared/provisioning/mappings.ts';
import { recordingLog } from '../recording-log.ts';
import { memorySettings } from '../settings/memory-settings.ts';

const inFile = (content: unknown, log = recordingLog()) =>
  makeMappings(memorySettings({ 'appsettings.agent.json': content }).readSettings, log);
const mappingsOf = (mappings: Readonly<Record<string, unknown>>, log = recordingLog()) =>
  inFile({ ServiceNowResourceTypeMappings: mappings }, log);

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

  it('holds the orders of a type that is mapped twice, in any case of letters, and of no other', async () => {
    const mappings = inFile(
      '{"ServiceNowResourceTypeMappings":{"sap":{"Connection":"A"},"AD":{"Connection":"B"},"SAP":{"Connection":"C"}}}',
    );
    for (const name of ['SAP', 'sap'])
      await expect(mappings.find(name)).rejects.toMatchObject({
        failure: { class: 'hold', scope: `resource type ${name}` },
        message: expect.stringMatching(
          /^Expected one mapping of resource type "SAP" in .*, got more: keep one of them$/i,
        ),
      });
    expect(await mappings.find('AD')).toMatchObject({ Connection: 'B' });
  });

  it('holds every order while the file is not usable', async () => {
    await expect(inFile('{').find('SAP')).rejects.toMatchObject({ failure: { class: 'hold', scope: 'settings' } });
    await expect(inFile('{').connections()).rejects.toMatchObject({ failure: { class: 'hold', scope: 'settings' } });
  });

  it('names every connection once, and those of faulty mappings not, which it warns of', async () => {
    const log = recordingLog();
    const faulty = { Connection: 5, TicketCategory: ['S3cr3t'] };
    const mappings = mappingsOf(
      { A: { Connection: 'B' }, B: { Connection: 'A' }, C: { Connection: 'B' }, D: faulty },
      log,
    );
    expect(await mappings.connections()).toEqual(['A', 'B']);
    expect(log.events).toEqual([
      {
        level: 'warn',
        event: 'settings.warning',
        fields: {
          resourceType: 'D',
          reason: expect.stringMatching(/^its mapping is not usable: Connection: .*; TicketCategory: (?!.*S3cr3t)/),
        },
      },
    ]);
  });
});
