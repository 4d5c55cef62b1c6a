import { describe, expect, it } from 'vitest';
import { describeLanguage, describeTimeZone } from '../../../../../shared/doctor/servicenow/check-user-settings.ts';

describe('describeTimeZone', () => {
  it.each(['GMT', 'gmt', 'UTC', 'Etc/UTC', 'Etc/GMT', 'Zulu', 'Greenwich', 'Etc/GMT+0', 'GMT0', 'UCT', 'Universal'])(
    'is content with %s, whether data prove it or not',
    (zone) => {
      for (const isProven of [true, false]) expect(describeTimeZone(isProven, zone)).toMatchObject({ status: 'ok' });
    },
  );

  it.each(['Europe/London', 'Africa/Abidjan', 'Etc/GMT+1', 'Etc/GMT-14', 'US/Pacific', 'GMT+01:00', 'xGMT'])(
    'warns of %s although times mean GMT now',
    (zone) => {
      const found = describeTimeZone(true, zone);
      expect(found).toMatchObject({ status: 'warning', remedy: expect.stringContaining('to GMT') });
      expect(found.message).toContain(`${zone}, which may not be GMT all the year`);
    },
  );

  it.each([
    { isProven: true, zone: '', status: 'warning', says: /no time zone of its own/ },
    { isProven: false, zone: '', status: 'warning', says: /no time zone of its own/ },
    { isProven: true, zone: undefined, status: 'ok', says: /mean GMT now; .* not readable/ },
    { isProven: false, zone: undefined, status: 'notProven', says: /can not be told/ },
  ])('says $status where the zone is $zone and data prove it: $isProven', ({ isProven, zone, status, says }) => {
    const found = describeTimeZone(isProven, zone);
    expect(found.status).toBe(status);
    expect(found.message).toMatch(says);
  });

  it('cuts what stands there', () => {
    expect(describeTimeZone(true, 'z'.repeat(5_000)).message.length).toBeLessThan(200);
  });
});

describe('describeLanguage', () => {
  it.each([
    { language: 'en', status: 'ok', says: /fixed \(en\)/ },
    { language: 'fr', status: 'ok', says: /fixed \(fr\)/ },
    { language: '', status: 'warning', says: /no language of its own/ },
    { language: undefined, status: 'notProven', says: /not readable/ },
    { language: 'x'.repeat(1_000), status: 'ok', says: /^.{1,80}$/ },
  ])('says $status of language $language', ({ language, status, says }) => {
    const found = describeLanguage(language);
    expect(found.status).toBe(status);
    expect(found.message).toMatch(says);
    expect(found.remedy === undefined).toBe(status === 'ok');
  });
});
