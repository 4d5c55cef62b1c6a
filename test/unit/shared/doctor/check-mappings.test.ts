import { describe, expect, it } from 'vitest';
import { checkMappings, describeMappings, readableMappings } from '../../../../shared/doctor/check-mappings.ts';
import type { CheckResult } from '../../../../shared/doctor/check-result.ts';
import { UnavailableError } from '../../../../shared/errors.ts';
import { allOf } from './all-of.ts';
import { filesOf } from './files-of.ts';

const good = { Connection: 'Help', ResolvedCounts: false };

interface Case {
  readonly what: string;
  readonly mappings: Readonly<Record<string, unknown>>;
  readonly duplicates?: readonly string[];
  readonly only?: string;
  readonly unknown?: readonly string[];
  /** Each result as `status: message`. */
  readonly says: readonly RegExp[];
}

const cases: readonly Case[] = [
  { what: 'there are none', mappings: {}, says: [/^failed: Expected a mapping in ServiceNowResourceTypeMappings/] },
  {
    what: 'none names the connection that is asked for',
    mappings: { Sap: good },
    only: 'Other',
    says: [/^warning: Expected a mapping that names connection "Other"/],
  },
  { what: 'all are usable and decided', mappings: { Sap: good, Badge: good }, says: [/^ok: Usable: Sap, Badge\.$/] },
  {
    what: 'only that of the connection that is asked for counts',
    mappings: { Sap: good, Badge: { ...good, Connection: 'Other' } },
    only: 'Other',
    says: [/^ok: Usable: Badge\.$/],
  },
  {
    what: 'a mapping names no connection, so that it may be the one that is asked for',
    mappings: { Sap: { TicketImpact: 'Low' }, Badge: good },
    only: 'Help',
    says: [/^failed: .*"Sap" is not usable: Connection: /, /^ok: Usable: Badge\.$/],
  },
  {
    what: 'a mapping has several faults, each said by itself',
    mappings: { Sap: { Connection: '1', TicketImpact: 'Huge' } },
    says: [/^failed: .*Connection: expected the identifier/, /^failed: .*TicketImpact: expected Low, Medium or High/],
  },
  {
    what: 'a resource type has two',
    mappings: { Sap: good, Badge: good },
    duplicates: ['Sap'],
    says: [
      /^failed: .*"Sap" is not usable: there is more than one, or a member of it twice; keep one of them\.$/,
      /^ok: Usable: Badge\.$/,
    ],
  },
  {
    what: 'no source knows the connection',
    mappings: { Sap: { ...good, Connection: 'Nowhere' } },
    unknown: ['Nowhere'],
    says: [/^failed: .*it names connection "Nowhere", which no source knows\.$/],
  },
  {
    what: 'nobody decided what a resolved incident means',
    mappings: { Sap: { Connection: 'Help' }, Badge: good, Key: { Connection: 'Help' } },
    says: [/^ok: Usable: Sap, Badge, Key\.$/, /^warning: ResolvedCounts is not decided for Sap, Key: /],
  },
  {
    what: 'a member of another spelling decides nothing',
    mappings: { Sap: { Connection: 'Help', resolvedCounts: true } },
    says: [/^ok/, /^warning: ResolvedCounts is not decided for Sap: /],
  },
  { what: 'a mapping is no object', mappings: { Sap: 'Help' }, says: [/^failed: .*"Sap" is not usable: /] },
  {
    what: 'a resource type has a name that would break a line',
    mappings: { 'S\n"ap': null },
    says: [/^failed: The mapping of resource type "S\\n\\"ap" is not usable/],
  },
];

describe('describeMappings', () => {
  it.each(cases)('says that $what', ({ mappings, duplicates = [], only, unknown = [], says }) => {
    const results = [
      ...describeMappings(
        { mappings: new Map(Object.entries(mappings)), duplicates: new Set(duplicates) },
        { only, unknown: new Set(unknown) },
      ),
    ];
    expect(results.map(sentence)).toEqual(says.map((one) => expect.stringMatching(one)));
    for (const { status, remedy } of results) expect(remedy === undefined).toBe(status === 'ok');
  });
});

describe('mappings that can not be read', () => {
  const away = filesOf({
    'appsettings.agent.json': new UnavailableError('Storage could not read blob (no answer); it is tried again'),
  });

  it('are no mappings, and make the check one that could not be made', async () => {
    expect(await readableMappings(away)).toEqual(new Map());
    const results = await allOf(checkMappings(away, { only: undefined, unknown: new Set() }));
    expect(results.map(sentence)).toEqual([
      expect.stringMatching(/^skipped: .*Storage could not read blob \(no answer\)\.$/),
    ]);
  });
});

function sentence({ status, message }: CheckResult): string {
  return `${status}: ${message}`;
}
