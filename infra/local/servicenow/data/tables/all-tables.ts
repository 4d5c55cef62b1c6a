import type { Table } from '../table.ts';
import { incident } from './incident.ts';
import { sysJournalField } from './sys-journal-field.ts';
import { sysUser } from './sys-user.ts';
import { sysUserGrmember } from './sys-user-grmember.ts';
import { sysUserGroup } from './sys-user-group.ts';
import { task } from './task.ts';

/** Every table the simulated instance has. */
export const allTables: readonly Table[] = [sysUser, sysUserGroup, sysUserGrmember, sysJournalField, task, incident];
