import { describe, expect, it } from 'vitest';
import { UnavailableError } from '../../../../shared/errors.ts';
import { makeConnections } from '../../../../shared/secrets/connections.ts';
import type { SettingSource, SourcedSettings } from '../../../../shared/secrets/setting-source.ts';
import { manualClock } from '../manual-clock.ts';

const file: SourcedSettings = {
  Server: { value: 'https://acme.service-now.com/api/now/table', version: 'file1' },
  Login: { value: 'file-login', version: 'file1' },
  Password: { value: 'file-S3cr3t', version: 'file1' },
};
const vault: SourcedSettings = { Password: { value: 'vault-S3cr3t', version: 'vault1' } };

function connectionsOf(...contents: SourcedSettings[]) {
  const clock = manualClock();
  const reads: string[] = [];
  const sources = contents.map(
    (settings, index): SettingSource => ({
      name: `source ${index}`,
      read: async (identifier) => {
        reads.push(`source ${index} ${identifier}`);
        return settings;
      },
    }),
  );
  return { connections: makeConnections({ sources, clock, maxAgeInMs: 1_000 }), clock, reads };
}

describe('makeConnections', () => {
  it('merges the sources per setting, a later one winning', async () => {
    const { connections } = connectionsOf(file, vault);
    expect(await connections.read('Help')).toMatchObject({
      identifier: 'Help',
      credentials: { kind: 'basic', login: 'file-login', password: 'vault-S3cr3t' },
    });
  });

  it('reads each source once, however many ask', async () => {
    const { connections, reads } = connectionsOf(file, vault);
    await Promise.all(Array.from({ length: 20 }, () => connections.read('Help')));
    expect(reads).toEqual(['source 0 Help', 'source 1 Help']);
  });

  it('reads again what has become too old, or older than is asked for', async () => {
    const { connections, clock, reads } = connectionsOf(file);
    await connections.read('Help');
    clock.advance(500);
    await connections.read('Help');
    expect(reads).toHaveLength(1);
    await connections.read('Help', 100);
    expect(reads).toHaveLength(2);
    clock.advance(1_000);
    await connections.read('Help');
    expect(reads).toHaveLength(3);
  });

  it('keeps its version while nothing changes, and changes it with any setting’s version or source', async () => {
    const versionOf = async (...contents: SourcedSettings[]) =>
      (await connectionsOf(...contents).connections.read('Help')).version;
    const version = await versionOf(file, vault);
    expect(await versionOf(file, vault)).toBe(version);
    const others = await Promise.all([
      versionOf(file, { Password: { value: 'vault-S3cr3t', version: 'vault2' } }),
      versionOf({ ...file, Login: { value: 'file-login', version: 'file2' } }, vault),
      versionOf(file),
      versionOf({ ...file, ...vault }),
      versionOf(file, { ...vault, OAuth2Scope: { value: 'x', version: 'vault1' } }),
    ]);
    expect(new Set([version, ...others]).size).toBe(6);
    expect(version).toMatch(/^[0-9a-f]+$/);
  });

  it('holds a connection that nobody knows, and says where it looked', async () => {
    await expect(connectionsOf({}, {}).connections.read('Help')).rejects.toMatchObject({
      failure: { class: 'hold', scope: 'connection Help' },
      message: expect.stringMatching(/"Help".*source 0, source 1/),
    });
  });

  it('holds a faulty one with every fault and where its value came from, and no value', async () => {
    const { connections } = connectionsOf(
      { Server: { value: 'http://S3cr3t.acme.com/api/now/table', version: '1' } },
      { ResponseSizeLimit: { value: 'S3cr3t', version: '1' }, Password: { value: 'S3cr3t', version: '1' } },
    );
    const reading = connections.read('Help');
    await expect(reading).rejects.toMatchObject({
      failure: { class: 'hold', scope: 'connection Help' },
      message: expect.stringMatching(
        /Server: .*\(from source 0\).*ResponseSizeLimit: .*\(from source 1\).*Login: .*\(looked in source 0, source 1\)/,
      ),
    });
    await expect(reading).rejects.not.toThrow('S3cr3t');
  });

  it('keeps no failure: what is put right counts at the next reading', async () => {
    let settings: SourcedSettings = {};
    const source: SettingSource = { name: 'file', read: async () => settings };
    const connections = makeConnections({ sources: [source], clock: manualClock(), maxAgeInMs: 1_000 });
    await expect(connections.read('Help')).rejects.toThrow('found none');
    settings = file;
    expect(await connections.read('Help')).toMatchObject({ credentials: { login: 'file-login' } });
  });

  it('passes on that a source can not be reached', async () => {
    const away: SettingSource = {
      name: 'vault',
      read: () => Promise.reject(new UnavailableError('The vault is away')),
    };
    const connections = makeConnections({ sources: [away], clock: manualClock(), maxAgeInMs: 1_000 });
    await expect(connections.read('Help')).rejects.toMatchObject({ failure: { class: 'transient' } });
  });
});
