import { describe, expect, it } from 'vitest';
import { readPollCookie } from '../../../../shared/tickets/poll-cookie.ts';
import { memoryBlobs } from '../memory-blobs.ts';

const at = { directory: '', connection: 'Help', table: 'incident' };
const PATH = 'Help_incident.json';
const NOON = new Date('2026-11-23T12:00:00.000Z');
const ONE = new Date('2026-11-23T13:00:00.000Z');

describe('readPollCookie', () => {
  it('knows nothing before the first poll, and then what was written', async () => {
    const blobs = memoryBlobs();
    const cookie = await readPollCookie(blobs, at);
    expect(cookie.polledAt).toBeUndefined();
    await cookie.move(NOON);
    expect((await readPollCookie(blobs, at)).polledAt).toEqual(NOON);
    expect(JSON.parse(blobs.blobs.get(PATH)?.text ?? '')).toEqual({
      v: 1,
      Connection: 'Help',
      Table: 'incident',
      PolledAt: '2026-11-23T12:00:00.000Z',
    });
  });

  it('never moves back', async () => {
    const blobs = memoryBlobs();
    await (await readPollCookie(blobs, at)).move(ONE);
    const before = blobs.blobs.get(PATH);
    const cookie = await readPollCookie(blobs, at);
    await cookie.move(NOON);
    await cookie.move(ONE);
    expect(blobs.blobs.get(PATH)).toEqual(before);
  });

  it.each([[undefined], [NOON]])('leaves it where another poller moved it meanwhile (before: %s)', async (before) => {
    const blobs = memoryBlobs();
    if (before) await (await readPollCookie(blobs, at)).move(before);
    const [mine, theirs] = await Promise.all([readPollCookie(blobs, at), readPollCookie(blobs, at)]);
    await theirs.move(ONE);
    await mine.move(new Date(ONE.getTime() - 1));
    expect((await readPollCookie(blobs, at)).polledAt).toEqual(ONE);
  });

  it.each(['', '{', 'null', '{"v":1,"Connection":"Help","Table":"incident","PolledAt":"yesterday"}', '{"v":0}'])(
    'polls from the start where the blob holds %s, and writes a good one over it',
    async (text) => {
      const blobs = memoryBlobs({ [PATH]: text });
      const cookie = await readPollCookie(blobs, at);
      expect(cookie.polledAt).toBeUndefined();
      await cookie.move(NOON);
      expect((await readPollCookie(blobs, at)).polledAt).toEqual(NOON);
    },
  );

  it('reads a cookie of a later version', async () => {
    const text = `{"v":2,"Connection":"Help","Table":"incident","PolledAt":"${NOON.toISOString()}","Later":1}`;
    expect((await readPollCookie(memoryBlobs({ [PATH]: text }), at)).polledAt).toEqual(NOON);
  });

  it.each([
    ['cookies', 'cookies/Help_incident.json'],
    ['/cookies/tickets/', 'cookies/tickets/Help_incident.json'],
    ['C:\\Temp\\Cookies', 'Temp/Cookies/Help_incident.json'],
    ['../Temp', 'Temp/Help_incident.json'],
    ['./', 'Help_incident.json'],
  ])('keeps it under %j', async (directory, path) => {
    const blobs = memoryBlobs();
    await (await readPollCookie(blobs, { ...at, directory })).move(NOON);
    expect([...blobs.blobs.keys()]).toEqual([path]);
  });

  describe('a poll that is under way', () => {
    const unfinished = { since: NOON, servedAt: ONE, after: 'a1' };

    it('is gone on with where it stopped, and forgotten when it is finished', async () => {
      const blobs = memoryBlobs();
      const first = await readPollCookie(blobs, at);
      await first.move(NOON);
      const second = await readPollCookie(blobs, at);
      await second.pause({ ...unfinished, after: 'a0' });
      await second.pause(unfinished);
      const third = await readPollCookie(blobs, at);
      expect(third).toMatchObject({ polledAt: NOON, unfinished });
      await third.move(ONE);
      expect(await readPollCookie(blobs, at)).toMatchObject({ polledAt: ONE, unfinished: undefined });
    });

    it('may be the first one, which is after all tickets', async () => {
      const blobs = memoryBlobs();
      await (await readPollCookie(blobs, at)).pause({ ...unfinished, since: undefined });
      const cookie = await readPollCookie(blobs, at);
      expect(cookie).toMatchObject({ polledAt: undefined, unfinished: { since: undefined, after: 'a1' } });
    });

    it('is forgotten by a move that is no move', async () => {
      const blobs = memoryBlobs();
      await (await readPollCookie(blobs, at)).move(ONE);
      await (await readPollCookie(blobs, at)).pause({ ...unfinished, servedAt: NOON });
      await (await readPollCookie(blobs, at)).move(NOON);
      expect(await readPollCookie(blobs, at)).toMatchObject({ polledAt: ONE, unfinished: undefined });
    });

    it('is forgotten by its own run, which may end within the second of the one before', async () => {
      const blobs = memoryBlobs();
      await (await readPollCookie(blobs, at)).move(ONE);
      const cookie = await readPollCookie(blobs, at);
      await cookie.pause({ ...unfinished, servedAt: ONE });
      await cookie.move(ONE);
      expect(await readPollCookie(blobs, at)).toMatchObject({ polledAt: ONE, unfinished: undefined });
    });

    it('stays where another poller wrote meanwhile, and writes no more then', async () => {
      const blobs = memoryBlobs();
      const [mine, theirs] = await Promise.all([readPollCookie(blobs, at), readPollCookie(blobs, at)]);
      await theirs.pause(unfinished);
      await mine.pause({ ...unfinished, after: 'b2' });
      await mine.move(ONE);
      expect((await readPollCookie(blobs, at)).unfinished).toEqual(unfinished);
    });

    it.each(["a'b", '', 'x'.repeat(33)])('polls from the start where it is to go on behind %j', async (After) => {
      const text = JSON.stringify({
        v: 1,
        Connection: 'Help',
        Table: 'incident',
        PolledAt: NOON.toISOString(),
        Unfinished: { ServedAt: ONE.toISOString(), After },
      });
      const cookie = await readPollCookie(memoryBlobs({ [PATH]: text }), at);
      expect(cookie).toMatchObject({ polledAt: undefined, unfinished: undefined });
    });
  });
});
