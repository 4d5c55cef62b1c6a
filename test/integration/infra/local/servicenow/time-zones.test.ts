import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ServiceNow, startServiceNow } from '../../../../../infra/local/servicenow/start-servicenow.ts';
import { changeUser, setProperty } from './administer.ts';
import { type Client, makeClient } from './client.ts';

let instance: ServiceNow;
let client: Client;

// 12:30 in Berlin, 03:30 in California.
beforeEach(async () => {
  instance = await startServiceNow({ now: () => new Date('2026-11-23T11:30:00Z') });
  client = makeClient(instance);
  instance.insert('incident', { short_description: 'x', work_notes: 'a note' });
});
afterEach(() => instance.close());

const live = (time_zone: string) => changeUser(instance, instance.login, { time_zone });
const finds = async (query: string) => (await client.list('incident', { sysparm_query: query })).length === 1;
const show = async (display: string) => {
  const [record] = await client.list('incident', {
    sysparm_display_value: display,
    sysparm_fields: 'opened_at,work_notes,resolved_at',
  });
  return record;
};

describe('times in queries', () => {
  it.each([
    ['GMT', '2026-11-23 11:30:00'],
    ['UTC', '2026-11-23 11:30:00'],
    ['Europe/Berlin', '2026-11-23 12:30:00'],
    ['US/Pacific', '2026-11-23 03:30:00'],
    ['Asia/Kolkata', '2026-11-23 17:00:00'],
    ['No/Where', '2026-11-23 11:30:00'],
  ])('are read in %s where the user lives', async (zone, time) => {
    live(zone);
    const [second, minute] = [time.replace(/:00$/, ':01'), time.replace(/0:00$/, '1:00')];
    expect(await finds(`opened_at=${time}`)).toBe(true);
    expect(await finds(`opened_at!=${time}`)).toBe(false);
    expect([await finds(`opened_at>=${time}`), await finds(`opened_at>=${second}`)]).toEqual([true, false]);
    expect([await finds(`opened_at<=${time}`), await finds(`opened_at<${time}`)]).toEqual([true, false]);
    expect(await finds(`opened_atBETWEEN${time}@${minute}`)).toBe(true);
    expect([await finds(`opened_atIN${time}`), await finds(`opened_atNOT IN${time}`)]).toEqual([true, false]);
  });

  it('of a day begin at midnight there', async () => {
    live('Asia/Tokyo');
    instance.update('incident', instance.records('incident')[0]?.sys_id ?? '', { due_date: '2026-11-23 15:00:00' });
    expect([await finds('due_date>=2026-11-24'), await finds('due_date>2026-11-24')]).toEqual([true, false]);
  });

  it('follow the default of the instance where the user has no zone', async () => {
    live('');
    expect(await finds('opened_at=2026-11-23 11:30:00')).toBe(true);
    setProperty(instance, 'glide.sys.default.tz', 'Europe/Berlin');
    expect(await finds('opened_at=2026-11-23 12:30:00')).toBe(true);
    live('GMT');
    expect(await finds('opened_at=2026-11-23 11:30:00')).toBe(true);
  });

  it('that are no times are compared as they are', async () => {
    live('Europe/Berlin');
    expect(await finds('opened_at=2026-99-99 99:99:99')).toBe(false);
    expect(await finds('opened_at!=yesterday')).toBe(true);
    expect(await finds('resolved_at=')).toBe(true);
  });
});

describe('times in answers', () => {
  it('are UTC as values, and in the zone of the user as people see them', async () => {
    live('Europe/Berlin');
    expect(await show('false')).toMatchObject({ opened_at: '2026-11-23 11:30:00', resolved_at: '' });
    expect(await show('true')).toEqual({
      opened_at: '2026-11-23 12:30:00',
      resolved_at: '',
      work_notes: '2026-11-23 12:30:00 - beth.anglin (Work notes)\na note\n\n',
    });
    expect(await show('all')).toMatchObject({
      opened_at: { value: '2026-11-23 11:30:00', display_value: '2026-11-23 12:30:00' },
    });
    live('GMT');
    expect(await show('true')).toMatchObject({ opened_at: '2026-11-23 11:30:00' });
  });

  it('that are sent as display values are read in the zone of the user', async () => {
    live('Europe/Berlin');
    const send = (parameters: string) =>
      client.one(`/api/now/table/incident${parameters}`, { body: { due_date: '2026-11-23 12:30:00' } });
    expect(await send('?sysparm_input_display_value=true')).toMatchObject({ due_date: '2026-11-23 11:30:00' });
    expect(await send('')).toMatchObject({ due_date: '2026-11-23 12:30:00' });
  });
});

describe('the language of a user', () => {
  it('is a field that changes no label', async () => {
    changeUser(instance, instance.login, { preferred_language: 'de' });
    const [record] = await client.list('incident', { sysparm_display_value: 'true', sysparm_fields: 'state' });
    expect(record).toEqual({ state: 'New' });
  });
});
