import { Refusal } from './refusal.ts';

/** A record that is not there, or that the user may not see: the instance makes no difference. */
export function recordNotFound(): Refusal {
  return new Refusal(404, 'No Record found', "Record doesn't exist or ACL restricts the record retrieval");
}

export function invalidTable(table: string): Refusal {
  return new Refusal(400, `Invalid table ${table}`, `Table ${table} does not exist`);
}

export function methodNotSupported(method: string): Refusal {
  return new Refusal(405, 'Method not Supported', `${method} method not supported for API`);
}
