import { Refusal } from '../refusal.ts';

/** How a Table API request wants its records. */
export interface TableParameters {
  readonly fields: readonly string[] | undefined;
  readonly display: 'false' | 'true' | 'all';
  readonly excludeLinks: boolean;
  readonly limit: number;
  readonly offset: number;
  readonly noCount: boolean;
  readonly noPaginationHeader: boolean;
  readonly inputDisplayValue: boolean;
}

/**
 * Reads the `sysparm_` parameters with their documented defaults.
 * @throws Refusal 400 for a limit or offset that is none; a limit of 0 is one of them.
 */
export function readTableParameters(query: URLSearchParams): TableParameters {
  const display = query.get('sysparm_display_value');
  const fields = (query.get('sysparm_fields') ?? '')
    .split(',')
    .map((field) => field.trim())
    .filter((field) => field !== '');
  return {
    fields: fields.length === 0 ? undefined : fields,
    display: display === 'true' || display === 'all' ? display : 'false',
    excludeLinks: query.get('sysparm_exclude_reference_link') === 'true',
    limit: readNumber(query, 'sysparm_limit', 10_000, 1, 'a positive integer'),
    offset: readNumber(query, 'sysparm_offset', 0, 0, 'a non-negative integer'),
    noCount: query.get('sysparm_no_count') === 'true',
    noPaginationHeader: query.get('sysparm_suppress_pagination_header') === 'true',
    inputDisplayValue: query.get('sysparm_input_display_value') === 'true',
  };
}

function readNumber(query: URLSearchParams, name: string, absent: number, least: number, what: string): number {
  const text = query.get(name);
  if (text === null || text === '') return absent;
  if (!/^\d{1,9}$/.test(text) || Number(text) < least) {
    throw new Refusal(400, `Invalid value given for ${name}`, `${name} value must be ${what}`);
  }
  return Number(text);
}
