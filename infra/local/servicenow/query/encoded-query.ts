/** The operators of a condition as they are written, longest first where one begins like another. */
export const operators = [
  'INSTANCEOF',
  'EMPTYSTRING',
  'ISNOTEMPTY',
  'STARTSWITH',
  'NOT LIKE',
  'ENDSWITH',
  'CONTAINS',
  'ANYTHING',
  'NSAMEAS',
  'ISEMPTY',
  'BETWEEN',
  'NOTLIKE',
  'NOT IN',
  'SAMEAS',
  'LIKE',
  'IN',
  '!=',
  '>=',
  '<=',
  '!*',
  '=',
  '>',
  '<',
  '*',
  '%',
] as const;

export type Operator = (typeof operators)[number];

/** `value` is unescaped. */
export interface Condition {
  /** A field, or a path over references ("caller_id.email"). */
  readonly field: string;
  readonly operator: Operator;
  readonly value: string;
}

/** What was understood of a term; `undefined` stands for a condition that was not understood. */
export type Term = Condition | undefined;

export interface Order {
  readonly field: string;
  readonly descending: boolean;
}

/** Groups are joined by OR (`^NQ`), their clauses by AND (`^`), the terms of a clause by OR (`^OR`). */
export interface EncodedQuery {
  readonly groups: readonly (readonly (readonly Term[])[])[];
  readonly orders: readonly Order[];
}
