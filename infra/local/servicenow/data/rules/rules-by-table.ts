import { closureRules } from './closure-rules.ts';
import { incidentRules } from './incident-rules.ts';
import type { Rule } from './rule.ts';
import { scReqItemRules } from './sc-req-item-rules.ts';
import { scRequestRules } from './sc-request-rules.ts';
import { sysUserRules } from './sys-user-rules.ts';
import { taskRules } from './task-rules.ts';

/** The business rules of each class, in the order in which they run; those of a parent are named again. */
export const rulesByTable: ReadonlyMap<string, readonly Rule[]> = new Map([
  ['sys_user', [sysUserRules]],
  ['task', [taskRules]],
  ['incident', [taskRules, incidentRules]],
  ['sc_request', [taskRules, scRequestRules, closureRules]],
  ['sc_req_item', [taskRules, scReqItemRules, closureRules]],
  ['sc_task', [taskRules, closureRules]],
]);
