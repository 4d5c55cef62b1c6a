import type { Row } from '../row.ts';

/** A write under way: what the business rules of its table see. */
export interface Write {
  /** The record before, if there was one. */
  readonly previous?: Row;
  /** The record with the values that the client wrote. */
  readonly next: Row;
  /** Fields whose values the client gave and the instance accepted. */
  readonly given: ReadonlySet<string>;
  readonly actor: { readonly sysId: string; readonly userName: string };
  /** The time of the write, "yyyy-MM-dd HH:mm:ss" in UTC. */
  readonly at: string;
  /** The next number of a record with this prefix, e.g. "INC0010001". */
  nextNumber(prefix: string): string;
}

/**
 * What happens before a record of a table is stored: gives the values to change.
 * @throws Refusal when the write must not happen.
 */
export type Rule = (write: Write) => Row;
