/** An address of 2,000 characters gets through everywhere. */
const LONGEST_URL = 2_000;
/** What else is in the address: names of parameters, the limit, separators. */
const OTHER_LENGTH = 130;

/** How many sys_ids an address has room for, beside what is read of each. Pure. */
export function idsPerCall(server: string, table: string, fields: readonly string[]): number {
  const room = LONGEST_URL - OTHER_LENGTH - server.length - table.length - fields.join(',').length;
  return Math.max(1, Math.floor(room / 33));
}
