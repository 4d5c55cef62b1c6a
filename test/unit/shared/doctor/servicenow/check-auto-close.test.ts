import { describe, expect, it } from 'vitest';
import { checkAutoClose, describeAutoClose } from '../../../../../shared/doctor/servicenow/check-auto-close.ts';
import { contextOf, mappingsOf } from './context-of.ts';

describe('describeAutoClose', () => {
  it.each([
    { days: '7', status: 'ok', says: /of Sap, Badge close by themselves after 7 days;/ },
    { days: ' 7 ', status: 'ok', says: /after 7 days;/ },
    { days: '1', status: 'ok', says: /after 1 day;/ },
    { days: '0', status: 'warning', says: /never close by themselves here: orders of Sap, Badge stay Transmitted/ },
    { days: '00', status: 'warning', says: /never close/ },
    { days: undefined, status: 'notProven', says: /can't be told: .* is not readable, or no number of days/ },
    { days: '', status: 'notProven', says: /can't be told/ },
    { days: '-1', status: 'notProven', says: /or no number of days/ },
    { days: 'a week', status: 'notProven', says: /or no number of days/ },
  ])('says $status of $days', ({ days, status, says }) => {
    const found = describeAutoClose(days, ['Sap', 'Badge']);
    expect(found.status).toBe(status);
    expect(found.message).toMatch(says);
    expect(found.remedy === undefined).toBe(status === 'ok');
  });
});

describe('checkAutoClose', () => {
  it('names the mappings that wait until a ticket is closed, decided so or not', async () => {
    const mappings = mappingsOf({ Sap: { ResolvedCounts: true }, Badge: { ResolvedCounts: 'false' }, Key: {} });
    const properties = new Map([['glide.ui.autoclose.time', '7']] as const);
    const [found, ...more] = await checkAutoClose(contextOf({ mappings, properties: async () => properties }));
    expect(more).toEqual([]);
    expect(found?.message).toContain('of Badge, Key close');
  });

  it('asks nothing where no mapping waits', async () => {
    const asked = async () => {
      throw new Error('asked');
    };
    const mappings = mappingsOf({ Sap: { ResolvedCounts: true } });
    expect(await checkAutoClose(contextOf({ mappings, properties: asked }))).toEqual([]);
    expect(await checkAutoClose(contextOf({ mappings: new Map(), properties: asked }))).toEqual([]);
  });
});
