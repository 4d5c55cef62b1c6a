import { describe, expect, it } from 'vitest';
import { readExportSettings } from '../../../../shared/exports/export-settings.ts';
import { readExportedTables } from '../../../../shared/exports/exported-tables.ts';
import { mostDeleted } from '../../../../shared/exports/find-deletions.ts';
import { memorySettings } from '../settings/memory-settings.ts';

const read = (files: Readonly<Record<string, unknown>>) => readExportedTables(memorySettings(files).readSettings);
const agent = (EntityTypeMappings: object, EntityAssociationMappings: object = {}) => ({
  'appsettings.agent.json': { EntityTypeMappings, EntityAssociationMappings },
});
const user = (more: object = {}) => ({
  ConnectionTable: 'SN_sys_user',
  Properties: [{ ConnectionColumn: 'name' }, { ConnectionColumn: 'sys_id', IsPrimaryKey: 'true' }],
  ...more,
});
const xml = (...elements: string[]) => `<?xml version="1.0"?><Configuration>${elements.join('')}</Configuration>`;

describe('readExportedTables', () => {
  it('gives none where nothing is mapped', async () => {
    expect(await read({})).toEqual({ tables: [], faults: [] });
  });

  it('makes one file of several mappings of a table, with the columns of all', async () => {
    const { tables, faults } = await read(
      agent(
        {
          A: user(),
          B: {
            ConnectionTable: 'SN_sys_user',
            Properties: [{ ConnectionColumn: 'email' }, { ConnectionColumn: 'name' }],
          },
        },
        { C: { ConnectionTable: 'SN_sys_user_grmember', Column1: 'user', Column2: 'group' } },
      ),
    );
    expect(faults).toEqual([]);
    expect(
      tables.map(({ table, columns, keyColumns }) => [table, columns.map(({ name }) => name), keyColumns]),
    ).toEqual([
      ['sys_user', ['name', 'sys_id', 'email'], ['sys_id']],
      ['sys_user_grmember', ['sys_id', 'user', 'group'], ['user', 'group']],
    ]);
  });

  it('reads the same from XML, wherever in the file it stands, and leaves out what is of another package', async () => {
    const { tables, faults } = await read({
      'Conf/a.xml': xml(
        '<Group><EntityTypeMapping Identifier="U" ConnectionTable="SN_sys_user" MaximumDeletedLines="7">',
        '<Property Identifier="n" ConnectionColumn="name"/><Property Identifier="c" CSharpExpression="x &amp; y"/></EntityTypeMapping></Group>',
        '<EntityTypeMapping Identifier="E" ConnectionTable="AD_entries"><Property ConnectionColumn="dn"/></EntityTypeMapping>',
      ),
      'b.xml': xml(
        '<Connection Identifier="ad" Package="Usercube.AD@0000001"/><Connection Identifier="SN" Package="Usercube.ServiceNow@0000001"/>',
      ),
    });
    expect(faults).toEqual([]);
    expect(tables).toMatchObject([{ connection: 'SN', table: 'sys_user', mostDeleted: { lines: 7, percent: 0 } }]);
  });

  it.each([
    [
      'another identifier twice',
      { ...agent({ U: user() }), 'x.xml': xml('<EntityTypeMapping Identifier="u" ConnectionTable="SN_sys_user"/>') },
      /expected one of that identifier/,
    ],
    [
      'a table without a connection',
      agent({ U: user({ ConnectionTable: 'sysuser' }) }),
      /expected <connection>_<table>/,
    ],
    [
      'no column',
      agent({ U: user({ Properties: [{ Identifier: 'x' }] }) }),
      /expected a Property with a ConnectionColumn/,
    ],
    [
      'a column that is none',
      agent({ U: user({ Properties: [{ ConnectionColumn: 'a^b' }] }) }),
      /expected the name of a field/,
    ],
    [
      'a password',
      agent({ U: user({ Properties: [{ ConnectionColumn: 'manager.user_password' }] }) }),
      /expected no password/,
    ],
    [
      'an association of one column',
      agent({}, { M: { ConnectionTable: 'SN_m', Column1: 'user' } }),
      /Column2: expected the name of a column/,
    ],
    ['rubbish', agent({ U: 5 }), /EntityTypeMapping U/],
  ])('refuses %s, and nothing else', async (_what, files, fault) => {
    const { tables, faults } = await read(files);
    expect(tables).toEqual([]);
    expect(faults.join()).toMatch(fault);
  });

  it('takes a flag about a password for none', async () => {
    const { faults } = await read(agent({ U: user({ Properties: [{ ConnectionColumn: 'password_needs_reset' }] }) }));
    expect(faults).toEqual([]);
  });

  it.each([
    ['<a><b></a>', /got .* in line 1/],
    ['<!DOCTYPE x [<!ENTITY a "b">]><x/>', /no DOCTYPE/],
    [new Uint8Array([0x3c, 0xff, 0xfe]), /UTF-8/],
  ])('says what is wrong with a file that is no XML', async (content, fault) => {
    await expect(read({ 'x.xml': content })).rejects.toThrow(fault);
  });
});

describe('mostDeleted', () => {
  const of = (limits: { lines: number; percent: number } | undefined) => ({
    ...{ connection: 'SN', table: 't', columns: [], keyColumns: [], mostDeleted: limits },
  });
  it.each([
    [undefined, 50, 20],
    [undefined, 1_000, 100],
    [{ lines: 7, percent: 0 }, 1_000, 7],
    [{ lines: 0, percent: 1 }, 1_000, 10],
    [{ lines: 7, percent: 0.5 }, 1_000, 5],
  ])('by %j of %i rows is %i', (limits, rows, expected) => {
    expect(mostDeleted(of(limits), rows)).toBe(expected);
  });
});

describe('readExportSettings', () => {
  const settings = (Exports: object) =>
    readExportSettings(memorySettings({ 'appsettings.agent.json': { Exports } }).readSettings);
  it('has the advice of the vendor for what is not set', async () => {
    expect(await readExportSettings(memorySettings({}).readSettings)).toEqual({
      ...{ completeEveryInMs: 86_400_000, window: undefined, keptCompletes: 3, keptIncrementalsInMs: 30 * 86_400_000 },
      command: { column: 'Command', merge: 'merge', delete: 'delete' },
    });
    expect((await settings({ exportwindow: '22:00-05:30' })).window).toEqual({ from: 1_320, to: 330 });
  });
  it.each([
    [{ ExportWindow: '22-5' }, /ExportWindow: expected hours of the day/],
    [{ KeptCompletes: 0 }, /KeptCompletes: expected a whole number, 1 to 100/],
    [{ CommandColumn: 'a,b' }, /CommandColumn: expected a word/],
  ])('refuses %j', async (Exports, fault) => {
    await expect(settings(Exports)).rejects.toThrow(fault);
  });
});
