import type { ResourceTypeMapping } from '../../provisioning/resource-type-mapping.ts';
import type { ServiceNowRecord, TableApi } from '../../servicenow/table-api.ts';
import { LEVELS } from '../../tickets/draft-incident.ts';
import { INCIDENT } from '../../tickets/incident-fields.ts';
import type { Check } from './check-context.ts';
import { type Finding, failed, notProven, ok, warning } from './finding.ts';
import { readRows } from './read-rows.ts';

/** Choice fields that mappings give a value, each with its choices as far as they may be read. */
export type Choices = Readonly<Record<ChoiceField, readonly ServiceNowRecord[] | undefined>>;

type ChoiceField = 'category' | 'subcategory' | 'impact' | 'urgency';

const FIELDS = ['category', 'subcategory', 'impact', 'urgency'] as const satisfies ChoiceField[];
/** More choices of one field than anybody offers. */
const MOST_CHOICES = 2_000;

/** Looks whether the values that mappings give to choice fields are choices of the instance. */
export const checkMappedChoices: Check = async ({ tables, mappings }) => {
  if (mappings.size === 0) return [];
  const choices = {
    category: await readChoices(tables, 'category'),
    subcategory: await readChoices(tables, 'subcategory'),
    impact: await readChoices(tables, 'impact'),
    urgency: await readChoices(tables, 'urgency'),
  };
  return describeChoices(mappings, choices);
};

/** Active choices of a field; the base system has what all tasks share under `task`, what is incident's own wins. */
async function readChoices(tables: TableApi, element: ChoiceField): Promise<readonly ServiceNowRecord[] | undefined> {
  const rows = await readRows(tables, 'sys_choice', {
    where: [
      [
        ['name', '=', INCIDENT],
        ['name', '=', 'task'],
      ],
      ['element', '=', element],
      ['inactive', '=', 'false'],
    ],
    fields: ['name', 'element', 'value', 'label', 'dependent_value', 'inactive'],
    limit: MOST_CHOICES,
  });
  if (rows.kind === 'unreadable') return undefined;
  const meant = rows.records.filter((row) => row.element === element && row.inactive !== 'true');
  const own = meant.filter(({ name }) => name === INCIDENT);
  const choices = own.length > 0 ? own : meant.filter(({ name }) => name === 'task');
  // None at all, or not all of them: nothing can be concluded.
  return choices.length > 0 && rows.totalCount === rows.records.length ? choices : undefined;
}

/** Compares mappings with choices. Pure. */
export function describeChoices(mappings: ReadonlyMap<string, ResourceTypeMapping>, choices: Choices): Finding[] {
  const findings: Finding[] = [];
  const unknown = new Set<ChoiceField>();
  for (const [resourceType, mapping] of mappings) {
    const values = valuesOf(mapping);
    for (const field of FIELDS) {
      const value = values[field];
      if (!value) continue;
      const offered = choices[field];
      if (!offered) unknown.add(field);
      else findings.push(...describeChoice(resourceType, field, value, values.category, offered));
    }
  }
  if (unknown.size > 0) {
    findings.push(
      notProven(
        `Whether the values that mappings give to ${[...unknown].join(', ')} exist can't be told: their choices are not readable.`,
        'Let the API user read table sys_choice.',
      ),
    );
  }
  if (findings.length === 0) return [ok('Categories, subcategories, impacts and urgencies of the mappings exist.')];
  return findings;
}

function valuesOf(mapping: ResourceTypeMapping): Readonly<Record<ChoiceField, string | undefined>> {
  return {
    category: mapping.TicketCategory,
    subcategory: mapping.TicketSubCategory,
    impact: LEVELS[mapping.TicketImpact],
    urgency: LEVELS[mapping.TicketUrgency],
  };
}

function describeChoice(
  resourceType: string,
  field: ChoiceField,
  value: string,
  category: string | undefined,
  offered: readonly ServiceNowRecord[],
): Finding[] {
  const isOf = ({ dependent_value: of = '' }: ServiceNowRecord) => of === '' || of === category;
  const suitable = field === 'subcategory' ? offered.filter(isOf) : offered;
  if (suitable.some((choice) => choice.value === value)) return [];
  const named = suitable.find((choice) => choice.label?.toLowerCase() === value.toLowerCase());
  const elsewhere = offered.find((choice) => choice.value === value);
  const who = `The mapping of resource type ${JSON.stringify(resourceType)} gives ${field} the value ${JSON.stringify(value)}`;
  if (elsewhere) {
    return [
      warning(
        `${who}, which belongs to category ${JSON.stringify(elsewhere.dependent_value)}: forms do not offer it for this one.`,
        'Change TicketCategory or TicketSubCategory.',
      ),
    ];
  }
  const choices = suitable.length > 0 ? `Choices are: ${listed(suitable)}.` : 'There are none here: leave it out.';
  const remedy = named ? `That is a label: write its value, ${JSON.stringify(named.value)}.` : choices;
  return [failed(`${who}, which is no choice of the instance: tickets would be made without it.`, remedy)];
}

function listed(choices: readonly ServiceNowRecord[]): string {
  const values = [...new Set(choices.map(({ value = '' }) => value))];
  return `${values.slice(0, 20).join(', ')}${values.length > 20 ? ' …' : ''}`;
}
