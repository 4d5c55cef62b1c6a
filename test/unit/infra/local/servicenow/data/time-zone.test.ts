import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeTimeZone } from '../../../../../../infra/local/servicenow/data/time-zone.ts';

describe('makeTimeZone', () => {
  it.each([
    ['Europe/Berlin', '2026-03-29 00:59:59', '2026-03-29 01:59:59'],
    ['Europe/Berlin', '2026-03-29 01:00:00', '2026-03-29 03:00:00'],
    ['Europe/Berlin', '2026-10-25 01:00:00', '2026-10-25 02:00:00'],
    ['Europe/London', '2026-07-01 23:30:00', '2026-07-02 00:30:00'],
    ['US/Pacific', '2026-11-01 10:00:00', '2026-11-01 02:00:00'],
    ['US/Pacific', '2026-01-01 00:00:00', '2025-12-31 16:00:00'],
    ['Asia/Kathmandu', '2026-01-01 00:00:00', '2026-01-01 05:45:00'],
    ['Etc/GMT+5', '2026-01-01 05:00:00', '2026-01-01 00:00:00'],
    ['UTC', '2026-01-01 05:00:00', '2026-01-01 05:00:00'],
    ['Nowhere/At_All', '2026-01-01 05:00:00', '2026-01-01 05:00:00'],
    ['', '2026-01-01 05:00:00', '2026-01-01 05:00:00'],
  ])('in %s takes %s UTC for %s, and back', (name, utc, local) => {
    const zone = makeTimeZone(name);
    expect([zone.fromUtc(utc), zone.toUtc(local)]).toEqual([local, utc]);
  });

  it.each(['', 'yesterday', '2026-13-01', '2026-01-01 25:00:00', '2026-01-01T00:00:00Z', '0'])(
    'leaves %j as it is',
    (text) => {
      const zone = makeTimeZone('Europe/Berlin');
      expect([zone.fromUtc(text), zone.toUtc(text)]).toEqual([text, text]);
    },
  );

  it('gives back every time that a user sees, but in the hour that a zone has twice', () => {
    const day = 86_400;
    const zones = fc.constantFrom(
      'Europe/Berlin',
      'US/Pacific',
      'Australia/Lord_Howe',
      'America/St_Johns',
      'Asia/Tokyo',
    );
    const seconds = fc.integer({ min: Date.UTC(1980) / 1000, max: Date.UTC(2050) / 1000 });
    fc.assert(
      fc.property(zones, seconds, (name, at) => {
        const zone = makeTimeZone(name);
        const format = (time: number) => new Date(time * 1000).toISOString().slice(0, 19).replace('T', ' ');
        const utc = format(at);
        const isTwice = [-3600, -1800, 1800, 3600].some((by) => zone.fromUtc(format(at + by)) === zone.fromUtc(utc));
        if (!isTwice) expect(zone.toUtc(zone.fromUtc(utc))).toBe(utc);
        expect(zone.fromUtc(format(at + 2 * day)) > zone.fromUtc(utc)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});
