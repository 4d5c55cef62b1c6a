import type { Field } from './field.ts';

const times = /^\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?$/;

/**
 * The value that is stored when a client writes `value` to `field`, or `undefined` when the instance does not accept it
 * and the field keeps what it has. Nothing is refused: the write succeeds without the field.
 * Choices that do not exist are not accepted (`glide.rest.choice.allow_non_existing_value` is false by default), and an
 * empty string does not clear a choice; text beyond the field's length is cut.
 * Source: "REST APIs" and "Available system properties" of the product documentation, KB0534905.
 */
export function acceptValue(field: Field, value: string): string | undefined {
  switch (field.type) {
    case 'string':
      return value.slice(0, field.maxLength);
    case 'choice':
      return Object.hasOwn(field.choices, value) ? value : undefined;
    case 'boolean':
      if (value === '') return value;
      return value === 'true' || value === '1' ? 'true' : 'false';
    case 'integer':
      return value === '' || /^-?\d+$/.test(value) ? value : undefined;
    case 'glide_date_time':
      if (value === '') return value;
      if (!times.test(value)) return undefined;
      return value.length === 10 ? `${value} 00:00:00` : value;
    default:
      return value;
  }
}
