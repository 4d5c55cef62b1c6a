import type { Database } from '../database.ts';
import type { Row } from '../row.ts';

/** A write that is done, and the means to write what follows from it. */
export interface StoredWrite {
  /** The record before, if there was one. */
  readonly previous?: Row;
  readonly row: Row;
  /** user_name of who wrote; what follows is theirs too. */
  readonly as: string;
  readonly database: Records;
}

/** What a {@link FollowUp} may do to other records. */
export type Records = Pick<Database, 'rows' | 'find' | 'insert' | 'update'>;

/** What happens after a record of a table is stored: changes other records. */
export type FollowUp = (write: StoredWrite) => void;
