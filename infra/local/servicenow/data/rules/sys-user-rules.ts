import type { Rule } from './rule.ts';

/** Makes a user's name of the parts. */
export const sysUserRules: Rule = ({ next }) => ({
  name: [next.first_name, next.middle_name, next.last_name].filter((part) => part).join(' '),
});
