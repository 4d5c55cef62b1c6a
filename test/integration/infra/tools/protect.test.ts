import { spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { link, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makePfx, makeRsaCertificate } from '../../../../infra/local/certificate.ts';
import { startEnvironment } from '../../../../infra/local/environment.ts';
import { protectValue, thumbprintOf, unprotectValue } from '../../../../shared/secrets/protected-value.ts';
import { leaseAccount } from '../../../lease-account.ts';
import { makeCertificateFiles } from '../../../unit/shared/secrets/certificate-files.ts';
import { runTool, settingsOf } from './run-tool.ts';

const COMMAND = resolve('infra/tools/protect.ts');
const SECRETS = ['geheim-1', 'Grüße 😀', 'pfx-password'];
const files = await makeCertificateFiles();
afterAll(() => files[Symbol.asyncDispose]());
const ours = await files.certificate();
const key = { privateKey: createPrivateKey(ours.keyPem), thumbprint: thumbprintOf(ours.x509) };
const encrypted = await protectValue('geheim-1', ours.x509);
const forOurs = ['--certificate', ours.certificateFile];

/** Runs the command as a process of its own; nothing that it prints may hold one of the secrets. */
async function protect(args: readonly string[], input: string | Uint8Array = '', environment: NodeJS.ProcessEnv = {}) {
  const env = { ...process.env, ...environment };
  // A directory without a local environment.
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: 'pipe', env, cwd: files.directory });
  // A command that ends before it reads its input breaks the pipe.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const ended = new Promise<number | null>((done) => child.once('close', done));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  for (const secret of SECRETS) expect(stdout + stderr).not.toContain(secret);
  return { stdout, stderr, code };
}

async function opened(value: string | undefined): Promise<string> {
  const plain = await unprotectValue(value ?? '', key);
  return plain.ok ? plain.value : plain.fault;
}

const tree: z.ZodType<unknown> = z.unknown();

/** A document with every text in it opened. */
async function openedTree(data: unknown): Promise<unknown> {
  if (typeof data === 'string') return opened(data);
  if (Array.isArray(data)) return Promise.all(data.map(openedTree));
  if (typeof data !== 'object' || data === null) return data;
  const members = await Promise.all(Object.entries(data).map(async ([name, value]) => [name, await openedTree(value)]));
  return Object.fromEntries(members);
}

describe.concurrent('npm run protect -- --values', () => {
  it('encrypts one line of standard input for each name', async () => {
    const { stdout, stderr, code } = await protect([...forOurs, '--values', 'a', 'b'], 'geheim-1\nGrüße 😀\n');
    expect([code, stderr]).toEqual([0, '']);
    const lines = stdout.split('\n').map((line) => line.split('\t'));
    expect(lines.map(([name]) => name)).toEqual(['a', 'b', '']);
    expect(await Promise.all(lines.slice(0, 2).map(([, value]) => opened(value)))).toEqual(['geheim-1', 'Grüße 😀']);
  });

  it('prints one line of JSON by name', async () => {
    const { stdout } = await protect([...forOurs, '--json', '--values', '__proto__', 'b'], 'geheim-1\r\n');
    expect(stdout).toBe('');
    const both = await protect([...forOurs, '--json', '--values', '__proto__', 'b'], 'geheim-1\r\nlast');
    expect(both.stdout.split('\n')).toHaveLength(2);
    const byName = new Map(
      Object.entries(z.record(z.string(), z.string()).parse(JSON.parse(both.stdout.replace('__proto__', 'p')))),
    );
    expect(await opened(byName.get('p'))).toBe('geheim-1');
    expect(await opened(byName.get('b'))).toBe('last');
  });

  it('encrypts every line where no names are given, empty ones too', async () => {
    const { stdout } = await protect([...forOurs, '--values'], 'geheim-1\n\n x \n');
    expect(await Promise.all(stdout.trimEnd().split('\n').map(opened))).toEqual(['geheim-1', '', ' x ']);
    const json = await protect([...forOurs, '--values', '--json'], 'geheim-1');
    const list = z.array(z.string()).parse(JSON.parse(json.stdout));
    expect(await Promise.all(list.map(opened))).toEqual(['geheim-1']);
  });

  it('says so where values stand on the command line, without repeating them', async () => {
    const { stdout, stderr, code } = await protect([...forOurs, '--values', 'geheim-1', 'b'], 'one line\n');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/got 1\. If values stand on the command line.*change them, and give names/);
    const assigned = await protect([...forOurs, '--values', 'Password=geheim-1'], 'one line\n');
    expect(assigned).toMatchObject({ code: 2, stdout: '', stderr: expect.stringContaining('without spaces and `=`') });
    expect((await protect([...forOurs, '--values', '-geheim-1'], 'one line\n')).code).toBe(2);
  });

  it.each([
    ['more lines than names', ['a'], 'one\ntwo\n', /Expected 1 lines/],
    ['no line at all', [], '', /got none/],
    ['no text', ['a'], Uint8Array.of(0xff, 0xfe, 0x0a), /UTF-8/],
    ['a value too long', ['a'], 'x'.repeat(60_000), /Value 1: .*at most 64 KiB/],
    [
      "what Identity Manager's tool encrypted",
      ['a', 'b'],
      `x\nkxABA${'A'.repeat(384)}\n`,
      /Value 2: .*encrypted already/,
    ],
    ['what it encrypted itself', ['a'], encrypted, /Value 1: .*encrypted already/],
  ])('refuses %s', async (_name, names, input, fault) => {
    const { stdout, stderr, code } = await protect([...forOurs, '--values', ...names], input);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(fault);
  });
});

describe('npm run protect -- --file', () => {
  const SETTINGS = `\uFEFF{
  // the old one was comment-secret
  "Connections": {
    "ServiceNow": { "Password": "geheim-1", "10": 1.50, "2": true, "Login": null, "List": ["Grüße 😀", 12345678901234567890, []], },
    "Empty": {}, "Text": ""
  },
}`;

  it('encrypts every value, keeps names, order and null, and drops comments', async () => {
    const [file, out] = [await files.write(SETTINGS), files.newFile()];
    expect(await protect([...forOurs, '--file', file, '--out', out])).toEqual({ stdout: '', stderr: '', code: 0 });
    const written = await readFile(out, 'utf8');
    expect(await openedTree(tree.parse(JSON.parse(written)))).toEqual({
      Connections: {
        ServiceNow: {
          Password: 'geheim-1',
          10: '1.50',
          2: 'true',
          Login: null,
          List: ['Grüße 😀', '12345678901234567890', []],
        },
        Empty: {},
        Text: '',
      },
    });
    expect(written).not.toContain('comment-secret');
    expect([...written.matchAll(/"(\w+)":/g)].map(([, name]) => name)).toEqual([
      ...['Connections', 'ServiceNow', 'Password', '10', '2', 'Login', 'List', 'Empty', 'Text'],
    ]);
    expect((await stat(out)).mode & 0o777).toBe(0o600);
    expect(await readFile(file, 'utf8')).toBe(SETTINGS);
    expect((await readdir(files.directory)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('refuses a file that holds encrypted values, of either kind, with their paths', async () => {
    const [file, out] = [await files.write(SETTINGS), files.newFile()];
    await protect([...forOurs, '--file', file, '--out', out]);
    const twice = await protect([...forOurs, '--file', out, '--out', files.newFile()]);
    expect(twice).toMatchObject({ code: 1, stdout: '' });
    expect(twice.stderr).toMatch(/encrypted ones at Connections:ServiceNow:Password, .*Connections:ServiceNow:List:0/);
    const vendors = await files.write(`{"a":{"b":["plain","kxABA${'A'.repeat(384)}"]}}`);
    expect((await protect([...forOurs, '--file', vendors, '--out', files.newFile()])).stderr).toMatch(/ones at a:b:1:/);
  });

  it('replaces a file only when told to, and never the plain one', async () => {
    const [file, out] = [await files.write('{"a":"geheim-1"}'), await files.write('mine')];
    const args = [...forOurs, '--file', file, '--out', out];
    expect(await protect(args)).toMatchObject({ code: 1, stderr: expect.stringContaining('--force') });
    expect(await readFile(out, 'utf8')).toBe('mine');
    expect(await protect([...args, '--force'])).toMatchObject({ code: 0 });
    expect(await readFile(out, 'utf8')).toContain('eyJ');

    const [symbolic, hard] = [files.newFile(), files.newFile()];
    await Promise.all([symlink(file, symbolic), link(file, hard)]);
    for (const same of [file, join(files.directory, '.', basename(file)), symbolic, hard]) {
      const refused = await protect([...forOurs, '--file', file, '--out', same, '--force']);
      expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('the plain file is kept') });
    }
    expect(await readFile(file, 'utf8')).toBe('{"a":"geheim-1"}');
  });

  it.each([
    ['no JSON', '{"a": geheim-1}', /expected JSON, got \w+ in line 1/],
    ['nothing', '', /expected JSON/],
    ['other bytes than UTF-8', Uint8Array.of(0x22, 0xff, 0x22), /UTF-8/],
    ['half of a surrogate pair', '{"a":{"b":"geheim-1\\ud800"}}', /a:b: .*lone surrogate/],
    ['too many levels', `${'['.repeat(50_000)}${']'.repeat(50_000)}`, /at most 100 levels/],
    ['levels by hundreds', `${'['.repeat(200)}${']'.repeat(200)}`, /at most 100 levels/],
  ])('refuses %s and writes nothing', async (_name, content, fault) => {
    const [file, out] = [await files.write(content), files.newFile()];
    const { stdout, stderr, code } = await protect([...forOurs, '--file', file, '--out', out]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(fault);
    await expect(stat(out)).rejects.toThrow(/ENOENT/);
  });

  it('says what it could not read or write', async () => {
    const file = await files.write('{"a":"geheim-1"}');
    const missing = await protect([...forOurs, '--file', join(files.directory, 'none'), '--out', files.newFile()]);
    expect(missing).toMatchObject({ code: 1, stderr: expect.stringContaining('ENOENT') });
    const nowhere = await protect([...forOurs, '--file', file, '--out', join(files.directory, 'none', 'out')]);
    expect(nowhere).toMatchObject({ code: 1, stderr: expect.stringMatching(/Expected to write .*ENOENT/) });
    const [directory, out] = [files.newFile(), 'out'];
    await mkdir(join(directory, out), { recursive: true });
    const inTheWay = await protect([...forOurs, '--file', file, '--out', join(directory, out), '--force']);
    expect(inTheWay).toMatchObject({ code: 1, stderr: expect.stringMatching(/Expected to write /) });
    expect(await readdir(directory)).toEqual([out]);
  });

  it('encrypts 5,000 values', async () => {
    const values = Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`k${index}`, `v${index}`]));
    const [file, out] = [files.newFile(), files.newFile()];
    await writeFile(file, JSON.stringify(values));
    expect(await protect([...forOurs, '--file', file, '--out', out])).toMatchObject({ code: 0, stderr: '' });
    const written = z.record(z.string(), z.string()).parse(JSON.parse(await readFile(out, 'utf8')));
    expect(Object.keys(written)).toHaveLength(5_000);
    expect(await opened(written.k4999)).toBe('v4999');
  });
});

describe.concurrent('npm run protect -- --certificate', () => {
  const pair = { certificate: ours.certificatePem, key: ours.keyPem };
  const withPfx = async () => ['--certificate', await files.write(makePfx(pair, 'pfx-password'))];

  it('takes the password of a PFX file from the environment or from the first line', async () => {
    const pfx = await withPfx();
    const byVariable = await protect([...pfx, '--values'], 'geheim-1\n', {
      PROTECT_CERTIFICATE_PASSWORD: 'pfx-password',
    });
    expect(await opened(byVariable.stdout)).toBe('geheim-1');
    const byLine = await protect([...pfx, '--password-from-stdin', '--values', 'a'], 'pfx-password\ngeheim-1\n');
    expect(await opened(byLine.stdout.split('\t')[1])).toBe('geheim-1');
    const forFile = [...pfx, '--password-from-stdin', '--file', await files.write('{}'), '--out', files.newFile()];
    expect(await protect(forFile, 'pfx-password')).toMatchObject({ code: 0 });
  });

  it.each([
    ['a PEM file', async () => files.write(ours.certificatePem)],
    ['a PEM file with its key', async () => files.write(ours.keyPem + ours.certificatePem)],
    ['a DER file', async () => files.write(ours.x509.raw)],
    ['a PFX file as older Windows makes it, without a password', async () => files.write(makePfx(pair, '', '3des'))],
  ])('takes %s', async (_name, file) => {
    const { stdout, stderr } = await protect(['--certificate', await file(), '--values'], 'geheim-1\n');
    expect([await opened(stdout), stderr]).toEqual(['geheim-1', '']);
  });

  it('warns of a certificate that has ended', async () => {
    const ended = await makeRsaCertificate({ commonName: 'ended', notBefore: new Date(0), notAfter: new Date(1e12) });
    const args = ['--certificate', await files.write(ended.certificate), '--values'];
    expect(await protect(args, 'geheim-1\n')).toMatchObject({
      code: 0,
      stderr: 'Warning: the certificate ended on 2001-09-09: encrypt for its successor.\n',
    });
  });

  it.each([
    ['no password', [], '', /got none.*PROTECT_CERTIFICATE_PASSWORD or --password-from-stdin/, 1],
    ['a wrong password', ['--password-from-stdin'], 'wrong\ngeheim-1\n', /got another one/, 1],
    ['no first line', ['--password-from-stdin'], '', /first line of standard input, got none/, 2],
  ])('refuses a PFX file with %s', async (_name, args, input, fault, status) => {
    const { stdout, stderr, code } = await protect([...(await withPfx()), ...args, '--values', 'a'], input);
    expect([code, stdout]).toEqual([status, '']);
    expect(stderr).toMatch(fault);
  });

  it('refuses what can not encrypt before it asks for values', async () => {
    const weak = await files.certificate({ key: 'rsa:1024' });
    for (const file of [
      weak.certificateFile,
      ours.keyFile,
      await files.write('rubbish'),
      join(files.directory, 'none'),
    ]) {
      const refused = await protect(['--certificate', file, '--values', 'a'], 'geheim-1\n');
      expect(refused).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/[Ee]xpected/) });
    }
  });
});

describe.concurrent('npm run protect without --certificate', { timeout: 60_000 }, () => {
  const CONNECTION = 'ServiceNowFulfillManual';

  /** An environment whose `appsettings.json` has that section, and the command in it. */
  async function start(section: unknown) {
    const environment = await startEnvironment({ storage: leaseAccount() });
    const write = (name: string, content: string | Uint8Array) =>
      environment.container('settings').getBlockBlobClient(name).uploadData(Buffer.from(content));
    const configure = (to: unknown) => write('appsettings.json', JSON.stringify({ EncryptionCertificate: to }));
    await configure(section);
    return {
      environment,
      configure,
      write,
      run: (args: readonly string[], input?: string) => protect(args, input, settingsOf(environment)),
      [Symbol.asyncDispose]: () => environment.close(),
    };
  }

  it('encrypts for the Key Vault certificate of the app, which then reads what it made', async () => {
    await using started = await start({ UseEncryptedAppsettings: true, CertificateAzureKeyVault: 'settings' });
    const { environment, write, run } = started;
    environment.vault.setCertificate('settings', { certificate: ours.certificatePem, key: ours.keyPem });
    const { stdout, stderr, code } = await run(['--values', 'a', 'b'], 'geheim-1\nGrüße 😀\n');
    expect([code, stderr]).toEqual([0, '']);
    const values = stdout.split('\n').map((line) => line.split('\t')[1]);
    expect(await Promise.all(values.slice(0, 2).map(opened))).toEqual(['geheim-1', 'Grüße 😀']);

    const plain = { Connections: { [CONNECTION]: { OAuth2Scope: 'geheim-1', Filter: ['incident#active=true'] } } };
    const [file, out] = [await files.write(JSON.stringify(plain)), files.newFile()];
    expect(await run(['--file', file, '--out', out])).toEqual({ stdout: '', stderr: '', code: 0 });
    await write('appsettings.encrypted.agent.json', await readFile(out));
    const list = await runTool('connections', ['list'], settingsOf(environment));
    expect(list.stdout).toMatch(/OAuth2Scope from appsettings\.encrypted\.agent\.json/);
    expect(list.stdout).toMatch(/Filter:0 from appsettings\.encrypted\.agent\.json/);
  });

  it('encrypts for the PFX file of the app, and says where the app does not read encrypted settings', async () => {
    await using started = await start({ File: 'settings.pfx', Password: 'pfx-password' });
    await started.write(
      'settings.pfx',
      makePfx({ certificate: ours.certificatePem, key: ours.keyPem }, 'pfx-password'),
    );
    const { stdout, stderr, code } = await started.run(['--values'], 'geheim-1');
    expect([await opened(stdout), code]).toEqual(['geheim-1', 0]);
    expect(stderr).toMatch(/^Warning: .*until EncryptionCertificate:UseEncryptedAppsettings is true\.\n$/);
  });

  it('says so where the section is of no use', async () => {
    await using started = await start({});
    for (const [section, fault] of [
      [{}, /^Expected section EncryptionCertificate of appsettings\.json to name a certificate, found none\. /],
      [{ CertificateAzureKeyVault: 'nowhere' }, /^Expected certificate nowhere in /],
      [{ File: 'nowhere.pfx' }, /^Expected private key nowhere\.pfx in https:/],
      [{ File: ['a'] }, /^Section EncryptionCertificate of appsettings\.json is not usable/],
    ] as const) {
      await started.configure(section);
      const { stdout, stderr, code } = await started.run(['--values'], 'geheim-1');
      expect([code, stdout]).toEqual([1, '']);
      expect(stderr).toMatch(fault);
      expect(stderr).toContain('Name the certificate with --certificate <file>');
    }
  });

  it('says what to do where there is no environment either', async () => {
    const { stdout, stderr, code } = await protect(['--values', 'a'], 'geheim-1\n');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^Expected --certificate <file>, or an environment .*\nRun `npm start`/);
  });
});

describe.concurrent('npm run protect', () => {
  it('prints its usage', async () => {
    const { stdout, stderr, code } = await protect(['--help']);
    expect([code, stderr]).toEqual([0, '']);
    for (const option of ['--values', '--file', '--out', '--certificate', '--password-from-stdin']) {
      expect(stdout).toContain(option);
    }
  });

  it.each([
    [[]],
    [[...forOurs]],
    [['--values', '--password-from-stdin']],
    [[...forOurs, '--values', 'a', 'a']],
    [[...forOurs, '--values', '--file', 'x', '--out', 'y']],
    [[...forOurs, '--values', '--out', 'y']],
    [[...forOurs, '--file', 'x']],
    [[...forOurs, '--file', 'x', '--out', 'y', 'geheim-1']],
    [[...forOurs, '--value', 'geheim-1']],
    [['--certificate']],
  ])('ends with 2 and the usage for %j', async (args) => {
    const { stdout, stderr, code } = await protect(args, 'one\ntwo\n');
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain('npm run -s protect -- --values');
  });
});
