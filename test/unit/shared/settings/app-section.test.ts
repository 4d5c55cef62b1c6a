import { describe, expect, it } from 'vitest';
import * as z from 'zod/mini';
import { flag, optionalText, readAppSection } from '../../../../shared/settings/app-section.ts';
import { memorySettings } from './memory-settings.ts';

const schema = z.object({ On: flag, File: optionalText, Password: optionalText });
const NAMES = Object.keys(schema.shape);

const read = (files: Readonly<Record<string, unknown>>) =>
  readAppSection(memorySettings(files).readSettings, 'Certificate', schema, NAMES);
const readApp = (section: unknown) => read({ 'appsettings.json': { Certificate: section } });

async function faultOf(files: Readonly<Record<string, unknown>>): Promise<string> {
  const outcome = await read(files).then(
    () => 'read',
    (error: unknown) => error,
  );
  expect(outcome).toMatchObject({ name: 'HoldError', failure: { class: 'hold', scope: 'settings' } });
  return String(outcome);
}

describe('readAppSection', () => {
  it('reads a section of appsettings.json', async () => {
    expect(await readApp({ On: true, File: 'a.pfx', Password: 'x' })).toEqual({
      On: true,
      File: 'a.pfx',
      Password: 'x',
    });
  });

  it('takes section and members in any case of letters', async () => {
    const section = { on: true, FILE: 'a.pfx', passWord: 'x' };
    expect(await read({ 'appsettings.json': { certificate: section } })).toEqual({
      On: true,
      File: 'a.pfx',
      Password: 'x',
    });
  });

  it('lets appsettings.agent.json win member by member, whatever the case of letters', async () => {
    const files = {
      'appsettings.json': { Certificate: { On: true, File: 'app.pfx', Password: 'app' } },
      'appsettings.agent.json': { certificate: { file: 'agent.pfx' } },
    };
    expect(await read(files)).toEqual({ On: true, File: 'agent.pfx', Password: 'app' });
  });

  it('reads a section that appsettings.agent.json alone has', async () => {
    expect(await read({ 'appsettings.agent.json': { Certificate: { File: 'a.pfx' } } })).toMatchObject({
      File: 'a.pfx',
    });
  });

  it.each([
    ['no file', {}],
    ['no such section', { 'appsettings.json': { Other: {} }, 'appsettings.agent.json': {} }],
  ])('gives nothing where there is %s', async (_what, files) => {
    expect(await read(files)).toBeUndefined();
  });

  it.each([{}, null, '', []])('takes %j for a section without members', async (section) => {
    expect(await readApp(section)).toEqual({ On: false, File: undefined, Password: undefined });
  });

  it.each([
    [true, true],
    [false, false],
    ['true', true],
    ['True', true],
    ['FALSE', false],
    [null, false],
  ])('reads the flag %j as .NET does', async (On, expected) => {
    expect(await readApp({ On })).toMatchObject({ On: expected });
  });

  it.each(['yes', '1', 1, '', ' true', {}, []])('refuses the flag %j', async (On) => {
    expect(await faultOf({ 'appsettings.json': { Certificate: { On } } })).toMatch(/On: expected true or false$/);
  });

  it.each([
    ['', undefined],
    [null, undefined],
    [4711, '4711'],
    [' ', ' '],
  ])('reads the text %j', async (File, expected) => {
    expect(await readApp({ File })).toMatchObject({ File: expected });
  });

  it('lists every fault at once, with section and file and without a value', async () => {
    const section = { On: 'S3cr3t', File: ['S3cr3t'], Password: { a: 'S3cr3t' }, Other: 'S3cr3t' };
    const fault = await faultOf({ 'appsettings.json': { Certificate: section } });
    expect(fault).toBe(
      'HoldError: Section Certificate of appsettings.json is not usable: On: expected true or false; File: expected a text; Password: expected a text',
    );
  });

  it('names both files where both have the section, and the one that has it alone', async () => {
    const faulty = { Certificate: { On: 'S3cr3t' } };
    expect(await faultOf({ 'appsettings.json': {}, 'appsettings.agent.json': faulty })).toMatch(
      /Section Certificate of appsettings\.agent\.json is not usable/,
    );
    expect(await faultOf({ 'appsettings.json': { Certificate: {} }, 'appsettings.agent.json': faulty })).toMatch(
      /Section Certificate of appsettings\.json and appsettings\.agent\.json is not usable/,
    );
  });

  it('refuses a member that stands there twice, which .NET would refuse the file for', async () => {
    const text = '{"Certificate":{"File":"S3cr3t","On":"S3cr3t","file":"S3cr3t"}}';
    expect(await faultOf({ 'appsettings.json': text })).toMatch(
      /is not usable: file: expected once, got it more than once; On: expected true or false$/,
    );
  });

  it.each([
    ['S3cr3t', 'a text'],
    [['S3cr3t'], 'a list'],
    [4711, 'a number'],
    [true, 'true or false'],
  ])('refuses %j in place of a section', async (section, shape) => {
    const fault = await faultOf({ 'appsettings.json': { Certificate: section } });
    expect(fault).toMatch(new RegExp(`is not usable: expected an object, got ${shape}$`));
  });

  it('passes on that a file is not usable, and reads a file no older than asked for', async () => {
    const settings = memorySettings({ 'appsettings.json': '{' });
    await expect(readAppSection(settings.readSettings, 'Certificate', schema, NAMES)).rejects.toThrow(
      'appsettings.json (in https://store.example/settings) is not usable',
    );
    settings.write('appsettings.json', { Certificate: { File: 'one' } });
    const readNow = () => readAppSection(settings.readSettings, 'Certificate', schema, NAMES, 10);
    expect(await readNow()).toMatchObject({ File: 'one' });
    settings.write('appsettings.json', { Certificate: { File: 'two' } });
    settings.clock.advance(9);
    expect(await readNow()).toMatchObject({ File: 'one' });
    settings.clock.advance(1);
    expect(await readNow()).toMatchObject({ File: 'two' });
  });

  it('takes members called __proto__ and constructor for unknown ones', async () => {
    const text = '{"Certificate":{"__proto__":{"File":"x"},"constructor":"y"}}';
    expect(await read({ 'appsettings.json': text })).toEqual({ On: false, File: undefined, Password: undefined });
  });
});
