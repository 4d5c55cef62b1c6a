import type { Row } from '../data/row.ts';
import { itemOptionNew } from '../data/tables/item-option-new.ts';

const { type } = itemOptionNew.fields;
const labels: ReadonlyMap<string, string> = new Map(type?.type === 'choice' ? Object.entries(type.choices) : []);

/** A variable as the catalog shows it, with the members that clients of the API know. */
export function presentVariable(variable: Row): object {
  const label = labels.get(variable.type ?? '') ?? '';
  return {
    active: variable.active === 'true',
    label: variable.question_text,
    dynamic_value_field: '',
    type: Number(variable.type),
    mandatory: variable.mandatory === 'true',
    displayvalue: variable.default_value,
    friendly_type: friendlyType(label),
    display_type: label,
    render_label: true,
    read_only: variable.read_only === 'true',
    name: variable.name,
    attributes: variable.attributes,
    id: variable.sys_id,
    choices: [],
    value: variable.default_value,
    dynamic_value_dot_walk_path: '',
    help_text: variable.help_text,
    max_length: 0,
    order: Number(variable.order),
    ...(variable.reference && { reference: variable.reference, ref_qualifier: variable.reference_qual }),
  };
}

/** "Single Line Text" is `single_line_text`, "CheckBox" is `check_box`. */
function friendlyType(label: string): string {
  return label
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/\W+/g, '_')
    .toLowerCase();
}
