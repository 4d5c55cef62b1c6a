import type { Table } from '../table.ts';
import { incident } from './incident.ts';
import { itemOptionNew } from './item-option-new.ts';
import { oauthEntity } from './oauth-entity.ts';
import { scCatItem } from './sc-cat-item.ts';
import { scItemOption } from './sc-item-option.ts';
import { scItemOptionMtom } from './sc-item-option-mtom.ts';
import { scReqItem } from './sc-req-item.ts';
import { scRequest } from './sc-request.ts';
import { scTask } from './sc-task.ts';
import { sysAttachment } from './sys-attachment.ts';
import { sysAuditDelete } from './sys-audit-delete.ts';
import { sysChoice } from './sys-choice.ts';
import { sysDbObject } from './sys-db-object.ts';
import { sysDictionary } from './sys-dictionary.ts';
import { sysJournalField } from './sys-journal-field.ts';
import { sysProperties } from './sys-properties.ts';
import { sysSecurityAcl } from './sys-security-acl.ts';
import { sysSecurityAclRole } from './sys-security-acl-role.ts';
import { sysUser } from './sys-user.ts';
import { sysUserGrmember } from './sys-user-grmember.ts';
import { sysUserGroup } from './sys-user-group.ts';
import { sysUserHasRole } from './sys-user-has-role.ts';
import { sysUserRole } from './sys-user-role.ts';
import { sysapprovalApprover } from './sysapproval-approver.ts';
import { task } from './task.ts';

/** Every table the simulated instance has. */
export const allTables: readonly Table[] = [
  sysUser,
  sysUserGroup,
  sysUserGrmember,
  sysUserRole,
  sysUserHasRole,
  sysSecurityAcl,
  sysSecurityAclRole,
  sysProperties,
  sysChoice,
  sysDbObject,
  sysDictionary,
  oauthEntity,
  scCatItem,
  itemOptionNew,
  scItemOption,
  scItemOptionMtom,
  sysAttachment,
  sysJournalField,
  task,
  incident,
  scRequest,
  scReqItem,
  scTask,
  sysapprovalApprover,
  sysAuditDelete,
];
