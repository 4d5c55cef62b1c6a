import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSameName, mayHaveMembers, parseSettings, shapeOf } from '../../../../shared/settings/parse-settings.ts';

const parseText = (text: string) => parseSettings(Buffer.from(text, 'utf8'));

async function sectionOf(text: string, name = 'S') {
  const parsed = await parseText(text);
  if (!parsed.ok) throw new Error(parsed.fault);
  const section = parsed.section(name);
  if (!section) throw new Error('Expected the section');
  return section;
}

async function faultOf(bytes: Uint8Array | string): Promise<string> {
  const parsed = await (typeof bytes === 'string' ? parseText(bytes) : parseSettings(bytes));
  return parsed.ok ? 'parsed' : parsed.fault;
}

describe('parseSettings', () => {
  it('gives a section as its members in order, and as plain data', async () => {
    const section = await sectionOf('{"Other":1,"S":{"b":"x","a":[1,{"c":null}],"d":{"e":true}}}');
    expect(section.name).toBe('S');
    expect(section.data).toEqual({ b: 'x', a: [1, { c: null }], d: { e: true } });
    expect(section.members.map(({ name, data }) => [name, data])).toEqual([
      ['b', 'x'],
      ['a', [1, { c: null }]],
      ['d', { e: true }],
    ]);
    expect(section.members[2]?.members[0]).toMatchObject({ name: 'e', data: true, members: [] });
    expect(section.duplicates).toEqual([]);
  });

  it('gives what JSON.parse gives, whatever the JSON', async () => {
    const names = fc.string().filter((name) => !/[:]/.test(name));
    const objects = fc
      .dictionary(names, fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true })
      .filter((object) => hasNoTwins(object));
    await fc.assert(
      fc.asyncProperty(objects, async (object) => {
        const text = JSON.stringify({ S: object });
        expect((await sectionOf(text)).data).toEqual(JSON.parse(text).S);
      }),
    );
  });

  it.each([
    ['comments', '{// plain\n"S":/* here */{"a":1// end\n}}'],
    ['trailing commas', '{"S":{"a":1,},}'],
    ['a byte order mark', '\uFEFF{"S":{"a":1}}'],
    ['line ends of Windows', '\r\n{\r\n"S":{"a":1}\r\n}\r\n'],
  ])('takes %s, as .NET does', async (_what, text) => {
    expect((await sectionOf(text)).data).toEqual({ a: 1 });
  });

  it('keeps // and commas that stand in texts', async () => {
    expect((await sectionOf('{"S":{"a":"https://x/,}"}}')).data).toEqual({ a: 'https://x/,}' });
  });

  it('finds a section in any case of letters, and says how the file spells it', async () => {
    expect((await sectionOf('{"connections":{}}', 'Connections')).name).toBe('connections');
  });

  it.each(['T', 'SS', '', 'constructor', '__proto__', 'toString'])('finds no section %j among others', async (name) => {
    const parsed = await parseText('{"S":{}}');
    expect(parsed.ok && parsed.section(name)).toBeUndefined();
  });

  it('takes __proto__ and constructor for names like any other', async () => {
    const section = await sectionOf('{"S":{"__proto__":{"a":1},"constructor":2}}');
    expect(section.members.map(({ name }) => name)).toEqual(['__proto__', 'constructor']);
    expect(Object.entries(Object(section.data))).toEqual([
      ['__proto__', { a: 1 }],
      ['constructor', 2],
    ]);
    expect(Object.getPrototypeOf(section.data)).toBe(Object.prototype);
    expect('a' in {}).toBe(false);
    expect((await sectionOf('{"__proto__":{"a":1}}', '__proto__')).data).toEqual({ a: 1 });
  });

  it('names what stands there twice, in any case of letters and at any level, and the last one counts', async () => {
    const section = await sectionOf('{"S":{"A":{"x":1,"y":2,"X":3},"B":1,"a":{"z":4},"b":2,"B":3}}');
    expect(section.duplicates).toEqual(['A:X', 'a', 'b', 'B']);
    expect(section.data).toEqual({ a: { z: 4 }, B: 3 });
    expect((await sectionOf('{"S":{"A":{"x":1,"X":3}}}')).data).toEqual({ A: { X: 3 } });
    const { members } = await sectionOf('{"S":{"A":1,"B":2,"a":3}}');
    expect(members.map(({ name, data: value }) => [name, value])).toEqual([
      ['B', 2],
      ['a', 3],
    ]);
  });

  it('refuses a file that has a section twice, in any case of letters, and names it', async () => {
    expect(await faultOf('{"Connections":{},"Other":1,"CONNECTIONS":{},"other":2}')).toBe(
      'expected each section once, got more of CONNECTIONS, other',
    );
  });

  it.each([
    ['nothing', '', /^expected JSON, got ValueExpected in line 1$/],
    ['spaces alone', ' \n ', /^expected JSON, got \w+ in line \d$/],
    ['a file that is cut off', '{"S":{\n"Password":"S3cr3t', /^expected JSON, got \w+ in line 2$/],
    ['a missing comma', '{\n"a":"S3cr3t"\n"b":1}', /^expected JSON, got CommaExpected in line 3$/],
    ['more after the end', '{}\n\n"S3cr3t"', /^expected JSON, got EndOfFileExpected in line 3$/],
    ['a list', '["S3cr3t"]', /^expected a JSON object$/],
    ['a text', '"S3cr3t"', /^expected a JSON object$/],
    ['null', 'null', /^expected a JSON object$/],
    ['XML', '<S3cr3t/>', /^expected JSON, got InvalidSymbol in line 1$/],
  ])('refuses %s, says in which line and repeats nothing of it', async (_what, text, fault) => {
    expect(await faultOf(text)).toMatch(fault);
  });

  it.each([
    ['bytes of no text', Buffer.from([0x7b, 0xff, 0x7d])],
    ['text in Latin-1', Buffer.from('{"S":"ü"}', 'latin1')],
    ['text in UTF-16', Buffer.from('\uFEFF{"S":"a"}', 'utf16le')],
    ['half a character', Buffer.from('{"S":"ü"}').subarray(0, 7)],
  ])('refuses %s', async (_what, bytes) => {
    expect(await faultOf(bytes)).toBe('expected text in UTF-8');
  });

  it('takes 4 MiB, and not a byte more', async () => {
    const largest = `{"S":"${' '.repeat(4 * 1024 * 1024 - 8)}"}`;
    expect(Buffer.byteLength(largest)).toBe(4 * 1024 * 1024);
    expect(await faultOf(largest)).toBe('parsed');
    expect(await faultOf(`${largest} `)).toBe('expected at most 4 MiB');
  });

  it.each<[string, (depth: number) => string]>([
    ['objects', (depth) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`],
    ['lists', (depth) => `{"a":${'['.repeat(depth)}${']'.repeat(depth)}}`],
    ['lists of objects', (depth) => `${'{"a":['.repeat(depth)}${']}'.repeat(depth)}`],
  ])(
    'takes a hundred levels of %s and refuses a hundred thousand, with no depth in between that throws',
    async (_what, nested) => {
      expect(await faultOf(nested(100))).toBe('parsed');
      for (let depth = 1_000; depth < 8_000; depth += 100)
        expect(['parsed', 'expected settings, got thousands of levels in one another']).toContain(
          await faultOf(nested(depth)),
        );
      expect(await faultOf(nested(100_000))).toBe('expected settings, got thousands of levels in one another');
    },
  );

  it('names a name once that stands there a hundred thousand times', async () => {
    expect((await sectionOf(`{"S":{${'"a":1,'.repeat(200_000)}}}`)).duplicates).toEqual(['a']);
    expect((await faultOf(`{${'"a":1,'.repeat(200_000)}}`)).length).toBeLessThan(100);
  });

  it('shows ten of the names that stand there twice, a hundred characters of each', async () => {
    const names = Array.from({ length: 30 }, (_, index) => `${index}${'x'.repeat(200)}`);
    const fault = await faultOf(`{${[...names, ...names].map((name) => `"${name}":1`).join()}}`);
    expect(fault.split(', ')).toHaveLength(11);
    expect(fault.length).toBeLessThan(1_100);
  });
});

describe('isSameName', () => {
  it('compares names as .NET does, in any case of letters', () => {
    expect(isSameName('Tickets', 'tICKETS')).toBe(true);
    expect(isSameName('Tickets', 'Ticket')).toBe(false);
  });
});

describe('shapeOf and mayHaveMembers', () => {
  it.each([
    [{}, 'an object', true],
    [{ a: 1 }, 'an object', true],
    [null, 'nothing', true],
    ['', 'a text', true],
    [[], 'a list', true],
    ['x', 'a text', false],
    [['x'], 'a list', false],
    [0, 'a number', false],
    [false, 'true or false', false],
  ])('say of %j that it is %s, and whether it may have members', async (data, shape, expected) => {
    const section = await sectionOf(JSON.stringify({ S: data }));
    expect([shapeOf(section.data), mayHaveMembers(section)]).toEqual([shape, expected]);
  });
});

/** Whether no object in it has two names that differ in their letters' case alone. */
function hasNoTwins(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  const names = Object.keys(value).map((name) => name.toLowerCase());
  return new Set(names).size === names.length && Object.values(value).every(hasNoTwins);
}
