import { isClosed } from './closed-state.ts';
import type { Rule } from './rule.ts';

/** Keeps `active`, and who closed the record and when, by its state. Unlike an incident, it can be opened again. */
export const closureRules: Rule = ({ previous, next, actor, at }) => {
  const closed = isClosed(next);
  return {
    active: String(!closed),
    ...(closed && !isClosed(previous) && { closed_at: at, closed_by: actor.sysId }),
    ...(!closed && { closed_at: '', closed_by: '' }),
  };
};
