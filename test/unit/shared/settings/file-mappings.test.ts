import { describe, expect, it } from 'vitest';
import { readFileMappings } from '../../../../shared/settings/file-mappings.ts';
import { memorySettings } from './memory-settings.ts';

const read = (content: unknown) => readFileMappings(memorySettings({ 'appsettings.agent.json': content }).readSettings);

describe('readFileMappings', () => {
  it('gives each mapping as it stands there, by the name as it is spelled', async () => {
    const SAP = { Connection: 5, Nested: [{ a: null }] };
    expect(await read({ ServiceNowResourceTypeMappings: { SAP, aD: 'x' } })).toEqual({
      mappings: new Map<string, unknown>([
        ['SAP', SAP],
        ['aD', 'x'],
      ]),
      duplicates: new Set(),
    });
  });

  it.each([
    ['file', undefined],
    ['section', { Connections: {} }],
    ['member in the section', { ServiceNowResourceTypeMappings: {} }],
    ['object for a section', { ServiceNowResourceTypeMappings: 'SAP' }],
  ])('gives none without a %s', async (what, content) => {
    const { readSettings } = memorySettings(what === 'file' ? {} : { 'appsettings.agent.json': content });
    expect(await readFileMappings(readSettings)).toEqual({ mappings: new Map(), duplicates: new Set() });
  });

  it('names the resource types that have two mappings, in any case of letters', async () => {
    const { mappings, duplicates } = await read(
      '{"serviceNowResourceTypeMappings":{"SAP":{"a":1,"A":2},"AD":{},"sap":{},"HR":{}}}',
    );
    expect(duplicates).toEqual(new Set(['sap']));
    expect([...mappings.keys()]).toEqual(['AD', 'sap', 'HR']);
  });

  it.each([
    ['a member twice', '{"SAP":{"TicketCategory":"a","ticketcategory":"b"},"AD":{}}', ['SAP']],
    ['two mappings and a colon in its name', '{"A:B":{"x":1},"a:b":{"x":2},"AD":{}}', ['a:b']],
  ])('names the resource type that has %s', async (_what, section, expected) => {
    const { duplicates } = await read(`{"ServiceNowResourceTypeMappings":${section}}`);
    expect(duplicates).toEqual(new Set(expected));
  });
});
