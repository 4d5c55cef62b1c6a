import { describe, expect, it } from 'vitest';
import { checkSettingsFiles } from '../../../../shared/doctor/check-settings-files.ts';
import { UnavailableError } from '../../../../shared/errors.ts';
import { allOf } from './all-of.ts';
import { filesOf } from './files-of.ts';

const check = async (files: Parameters<typeof filesOf>[0]) =>
  (await allOf(checkSettingsFiles(filesOf(files), 'the package'))).map(
    ({ status, message, remedy }) => `${status}: ${message} → ${remedy}`,
  );
const agent = { 'appsettings.agent.json': {} };

describe('checkSettingsFiles', () => {
  it('says which files are there, in which version, and which are not', async () => {
    expect(await check({ ...agent, 'appsettings.json': {} })).toEqual([
      'ok: In the package: appsettings.json (version of appsettings.json), appsettings.agent.json (version of appsettings.agent.json). Not there: appsettings.encrypted.agent.json, appsettings.cyberark.agent.json, appsettings.cyberArk.agent.json, appsettings.connection.json. → undefined',
    ]);
  });

  it.each([
    {
      what: 'the file of mappings is missing',
      files: {},
      says: [/^warning: appsettings\.agent\.json is not in the package: .*every order waits\. → Put the agent's/],
    },
    {
      what: 'a file is no JSON',
      files: { ...agent, 'appsettings.encrypted.agent.json': '{"a":' },
      says: [
        /^ok/,
        /^failed: appsettings\.encrypted\.agent\.json is not usable: .* → Put appsettings\.encrypted\.agent\.json right/,
      ],
    },
    {
      what: 'their place is away, said once',
      files: {
        'appsettings.json': new UnavailableError('Storage could not read blob (no answer); it is tried again'),
        'appsettings.agent.json': new UnavailableError('Storage could not read blob (no answer); it is tried again'),
      },
      says: [
        /^failed: appsettings\.json, appsettings\.agent\.json in the package can't be read: Storage could not read blob \(no answer\)\. → See the check of storage/,
      ],
    },
    {
      what: 'there is a file that only an agent can read',
      files: { ...agent, 'appsettings.connection.json': {} },
      says: [/^ok/, /^warning: appsettings\.connection\.json is there: only an agent can read it/],
    },
  ])('says that $what', async ({ files, says }) => {
    expect(await check(files)).toEqual(says.map((one) => expect.stringMatching(one)));
  });
});
