import { describe, expect, it } from 'vitest';
import {
  type Choices,
  checkMappedChoices,
  describeChoices,
} from '../../../../../shared/doctor/servicenow/check-mapped-choices.ts';
import type { RecordQuery, ServiceNowRecord } from '../../../../../shared/servicenow/table-api.ts';
import { contextOf, mappingsOf } from './context-of.ts';
import { fakeTables } from './fake-tables.ts';

const choice = (value: string, label: string, category = ''): ServiceNowRecord => ({
  value,
  label,
  dependent_value: category,
});
const levels = ['1', '2', '3'].map((value) => choice(value, `${value} - level`));
const choices: Choices = {
  category: [choice('software', 'Software'), choice('inquiry', 'Inquiry / Help'), choice('empty', 'Empty')],
  subcategory: [
    choice('os', 'Operating System', 'software'),
    choice('antivirus', 'Antivirus', 'inquiry'),
    choice('any', 'Anything'),
  ],
  impact: levels,
  urgency: levels,
};

interface Case {
  readonly what: string;
  readonly mapping: Readonly<Record<string, unknown>>;
  readonly choices?: Partial<Choices>;
  /** Each finding as `status: message → remedy`. */
  readonly says: readonly RegExp[];
}

const fine = /^ok: Categories, subcategories, impacts and urgencies of the mappings exist\. → undefined$/;

const cases: readonly Case[] = [
  { what: 'all values are choices', mapping: { TicketCategory: 'software', TicketSubCategory: 'os' }, says: [fine] },
  { what: 'no values are given', mapping: {}, says: [fine] },
  { what: 'a value is empty, which gives none', mapping: { TicketCategory: '', TicketSubCategory: '' }, says: [fine] },
  {
    what: 'a subcategory goes with every category',
    mapping: { TicketCategory: 'inquiry', TicketSubCategory: 'any' },
    says: [fine],
  },
  {
    what: 'a category is a label',
    mapping: { TicketCategory: 'Software' },
    says: [
      /^failed: .*"Sap" gives category the value "Software", which is no choice.* → That is a label: write its value, "software"\.$/,
    ],
  },
  {
    what: 'a label is written in other letters',
    mapping: { TicketCategory: 'INQUIRY / help' },
    says: [/→ That is a label: write its value, "inquiry"\.$/],
  },
  {
    what: 'a category is none',
    mapping: { TicketCategory: 'badges' },
    says: [/^failed: .*"badges", which is no choice of the instance: .* → Choices are: software, inquiry, empty\.$/],
  },
  {
    what: 'a subcategory belongs to another category',
    mapping: { TicketCategory: 'inquiry', TicketSubCategory: 'os' },
    says: [
      /^warning: .*subcategory the value "os", which belongs to category "software": .* → Change TicketCategory or/,
    ],
  },
  {
    what: 'a subcategory has no category beside it',
    mapping: { TicketSubCategory: 'os' },
    says: [/^warning: .*which belongs to category "software"/],
  },
  {
    what: 'a subcategory is the label of one',
    mapping: { TicketCategory: 'software', TicketSubCategory: 'operating system' },
    says: [/→ That is a label: write its value, "os"\.$/],
  },
  {
    what: 'a subcategory is none, and the choices of its category are named',
    mapping: { TicketCategory: 'software', TicketSubCategory: 'keys' },
    says: [/^failed: .* → Choices are: os, any\.$/],
  },
  {
    what: 'a category has no subcategories',
    mapping: { TicketCategory: 'empty', TicketSubCategory: 'keys' },
    choices: { subcategory: [choice('os', 'Operating System', 'software')] },
    says: [/^failed: .*"keys", which is no choice.* → There are none here: leave it out\.$/],
  },
  {
    what: 'category and subcategory are both wrong',
    mapping: { TicketCategory: 'badges', TicketSubCategory: 'keys' },
    says: [/category the value "badges"/, /subcategory the value "keys"/],
  },
  {
    what: 'an impact is no choice here',
    mapping: { TicketImpact: 'High' },
    choices: { impact: [choice('2', 'Medium'), choice('3', 'Low')] },
    says: [/^failed: .*gives impact the value "1", which is no choice/],
  },
  {
    what: 'choices of two fields are not readable',
    mapping: { TicketCategory: 'software', TicketSubCategory: 'os' },
    choices: { category: undefined, subcategory: undefined },
    says: [
      /^notProven: .*give to category, subcategory exist can't be told.* → Let the API user read table sys_choice/,
    ],
  },
  {
    what: 'choices are not readable of a field that no mapping gives',
    mapping: {},
    choices: { category: undefined, subcategory: undefined },
    says: [fine],
  },
  {
    what: 'one field is wrong and another not readable',
    mapping: { TicketCategory: 'badges' },
    choices: { urgency: undefined },
    says: [/^failed: .*"badges"/, /^notProven: .*give to urgency exist/],
  },
];

describe('describeChoices', () => {
  it.each(cases)('knows that $what', ({ mapping, choices: more, says }) => {
    const findings = describeChoices(mappingsOf({ Sap: mapping }), { ...choices, ...more });
    expect(findings.map(({ status, message, remedy }) => `${status}: ${message} → ${remedy}`)).toEqual(
      says.map((one) => expect.stringMatching(one)),
    );
  });

  it('names every mapping that is wrong, and a field that can not be read once', () => {
    const mappings = mappingsOf({ Sap: { TicketCategory: 'x' }, Badge: { TicketCategory: 'y' } });
    const findings = describeChoices(mappings, { ...choices, impact: undefined });
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringContaining('"Sap"'),
      expect.stringContaining('"Badge"'),
      expect.stringMatching(/give to impact exist/),
    ]);
  });

  it('lists no more choices than anybody reads', () => {
    const many = Array.from({ length: 30 }, (_, index) => choice(`c${index}`, `C ${index}`));
    const [found] = describeChoices(mappingsOf({ Sap: { TicketCategory: 'x' } }), { ...choices, category: many });
    expect(found?.remedy).toMatch(/^Choices are: c0, .*, c19 …\.$/);
  });
});

describe('checkMappedChoices', () => {
  const row = (name: string, element: string, value: string, more: ServiceNowRecord = {}): ServiceNowRecord => ({
    name,
    element,
    value,
    label: value.toUpperCase(),
    dependent_value: '',
    inactive: 'false',
    ...more,
  });
  const elementOf = ({ where }: RecordQuery) =>
    where.flatMap((condition) => (condition[0] === 'element' ? [String(condition[2])] : []))[0] ?? '';
  const mappings = mappingsOf({ Sap: { TicketCategory: 'software', TicketImpact: 'High' } });

  const check = (ofCategory: Parameters<typeof fakeTables>[0][string]) =>
    checkMappedChoices(
      contextOf({
        mappings,
        tables: fakeTables({
          sys_choice: (query) => {
            const element = elementOf(query);
            if (element === 'category') return ofCategory;
            return element === 'impact'
              ? [row('task', element, '2'), row('incident', element, '1')]
              : [row('task', element, '3')];
          },
        }),
      }),
    );

  it("takes what is incident's own before what all tasks share", async () => {
    expect(await check([row('incident', 'category', 'software')])).toMatchObject([{ status: 'ok' }]);
    expect(await check([row('task', 'category', 'software')])).toMatchObject([{ status: 'ok' }]);
    const both = [row('task', 'category', 'software'), row('incident', 'category', 'hardware')];
    expect(await check(both)).toMatchObject([{ status: 'failed' }]);
  });

  it.each([
    { what: 'only some of them come', page: { records: [row('incident', 'category', 'software')], totalCount: 40 } },
    {
      what: 'the instance does not say how many there are',
      page: { records: [row('incident', 'category', 'software')] },
    },
    { what: 'those of another field come', page: { records: [row('incident', 'state', 'software')], totalCount: 1 } },
    {
      what: 'those of another table come',
      page: { records: [row('problem', 'category', 'software')], totalCount: 1 },
    },
    {
      what: 'only inactive ones come',
      page: { records: [row('incident', 'category', 'software', { inactive: 'true' })], totalCount: 1 },
    },
    { what: 'none come', page: { records: [], totalCount: 0 } },
  ])('concludes nothing where $what', async ({ page }) => {
    expect(await check(page)).toMatchObject([
      { status: 'notProven', message: expect.stringMatching(/give to category exist/) },
    ]);
  });

  it('asks nothing without mappings', async () => {
    const tables = fakeTables({});
    expect(await checkMappedChoices(contextOf({ tables }))).toEqual([]);
    expect(tables.queries).toEqual([]);
  });
});
