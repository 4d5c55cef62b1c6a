import { describe, expect, it } from 'vitest';
import { checkCertificates, judge } from '../../../../shared/doctor/check-certificates.ts';
import { HoldError, UnavailableError } from '../../../../shared/errors.ts';
import { manualClock } from '../manual-clock.ts';
import { allOf } from './all-of.ts';
import { filesOf } from './files-of.ts';

const NOW = new Date('2026-11-23T10:00:00.000Z');
const DAY_IN_MS = 86_400_000;
const at = (inMs: number) => new Date(NOW.getTime() + inMs);

describe('judge', () => {
  it.each([
    {
      what: 'ends in a year',
      startsInMs: -DAY_IN_MS,
      endsInMs: 365 * DAY_IN_MS,
      status: 'ok',
      says: /until 2027-11-23/,
    },
    { what: 'began this very moment', startsInMs: 0, endsInMs: 365 * DAY_IN_MS, status: 'ok', says: /is valid until/ },
    {
      what: 'begins in a moment',
      startsInMs: 1,
      endsInMs: DAY_IN_MS,
      status: 'failed',
      says: /not valid before 2026-11-23/,
    },
    { what: 'ended this very moment', startsInMs: -1, endsInMs: 0, status: 'failed', says: /expired on 2026-11-23\.$/ },
    { what: 'ends in a moment', startsInMs: -1, endsInMs: 1, status: 'warning', says: /in less than a day\.$/ },
    { what: 'ended before it began', startsInMs: 2, endsInMs: -2, status: 'failed', says: /expired/ },
    {
      what: 'ends a moment before the warning begins',
      startsInMs: -1,
      endsInMs: 30 * DAY_IN_MS,
      status: 'ok',
      says: /2026-12-23/,
    },
    {
      what: 'ends a moment after the warning begins',
      startsInMs: -1,
      endsInMs: 30 * DAY_IN_MS - 1,
      status: 'warning',
      says: /expires on 2026-12-23, in 29 days\.$/,
    },
  ])('says of a certificate that $what: $status', ({ startsInMs, endsInMs, status, says }) => {
    const found = judge({ startsOn: at(startsInMs), expiresOn: at(endsInMs) }, NOW, 30);
    expect(found.status).toBe(status);
    expect(found.message).toMatch(says);
    expect(found.remedy === undefined).toBe(status === 'ok');
  });
});

describe('checkCertificates', () => {
  const check = (json: string, loadCertificate: Parameters<typeof checkCertificates>[0]['loadCertificate']) =>
    allOf(
      checkCertificates({
        readSettings: filesOf({ 'appsettings.json': json }),
        loadCertificate,
        clock: manualClock(NOW),
        warnBeforeEndInDays: 30,
      }),
    );
  const none = async () => undefined;

  it('says nothing where no certificate is used', async () => {
    expect(await check('{}', none)).toEqual([]);
    expect(await check('{"EncryptionCertificate":{"UseEncryptedAppsettings":false,"File":"x"}}', none)).toEqual([]);
  });

  it('tells CyberArk without a certificate, which works, from decrypting without one, which does not', async () => {
    const json = '{"EncryptionCertificate":{"UseEncryptedAppsettings":true},"CyberArk":{"UseCyberArkSetting":"true"}}';
    expect(await check(json, none)).toEqual([
      expect.objectContaining({ name: 'certificate EncryptionCertificate', status: 'failed' }),
      expect.objectContaining({ name: 'certificate CyberArk', status: 'ok' }),
    ]);
  });

  it('names the section whose certificate can not be loaded, and goes on with the other', async () => {
    const json = '{"EncryptionCertificate":{"UseEncryptedAppsettings":true},"CyberArk":{"UseCyberArkSetting":true}}';
    const results = await check(json, async (section) => {
      if (section === 'CyberArk') return undefined;
      throw new HoldError('settings', 'Expected a password for the PFX file, got none');
    });
    expect(results).toEqual([
      expect.objectContaining({ status: 'failed', message: 'Expected a password for the PFX file, got none.' }),
      expect.objectContaining({ name: 'certificate CyberArk', status: 'ok' }),
    ]);
    expect(results[0]?.remedy).toContain('EncryptionCertificate');
  });

  it('is skipped where the files can not be read, for another check says why', async () => {
    const away = filesOf({ 'appsettings.json': new UnavailableError('gone') });
    const deps = { readSettings: away, loadCertificate: none, clock: manualClock(NOW), warnBeforeEndInDays: 30 };
    expect(await allOf(checkCertificates(deps))).toEqual([expect.objectContaining({ status: 'skipped' })]);
  });
});
