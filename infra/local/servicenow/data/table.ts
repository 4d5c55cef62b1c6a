import type { Fields } from './field.ts';

/** A table of the dictionary. */
export interface Table {
  readonly name: string;
  readonly label: string;
  /** The table it extends: inherits its fields, and its records are seen through it. */
  readonly parent?: string;
  /** The field that stands for the record where people see a reference to it. */
  readonly display: string;
  readonly fields: Fields;
}
