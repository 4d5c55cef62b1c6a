import type { Rule } from './rule.ts';

const prefixes = new Map([
  ['incident', 'INC'],
  ['sc_request', 'REQ'],
  ['sc_req_item', 'RITM'],
  ['sc_task', 'SCTASK'],
]);

/** Numbers a new record of a task's class, and records who opened it and when. */
export const taskRules: Rule = ({ previous, next, actor, at, nextNumber }) => {
  if (previous !== undefined) return {};
  const number = next.number || nextNumber(prefixes.get(next.sys_class_name ?? '') ?? 'TASK');
  return {
    number,
    task_effective_number: number,
    opened_at: next.opened_at || at,
    opened_by: next.opened_by || actor.sysId,
  };
};
