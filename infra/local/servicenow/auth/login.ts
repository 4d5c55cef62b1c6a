import type { Row } from '../data/row.ts';

/** Why nobody is logged in. */
export type LoginRefusal =
  | 'no-credentials'
  | 'wrong-password'
  | 'locked-out'
  | 'inactive'
  | 'basic-restricted'
  | 'multi-factor'
  | 'invalid-token';

/** The user who is logged in, or why nobody is. */
export type Login = { readonly user: Row } | { readonly refusal: LoginRefusal };
