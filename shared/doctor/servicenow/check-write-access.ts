import { INCIDENT, WRITTEN_FIELDS } from '../../tickets/incident-fields.ts';
import type { Check } from './check-context.ts';
import { controlNames, decideWriteAccess, nearestControls } from './decide-write-access.ts';
import { type Finding, failed, notProven, ok, warning } from './finding.ts';
import { type AccessControl, readControls } from './read-controls.ts';
import { readRoles } from './read-user.ts';

/** An incident is a task. */
const ANCESTRY = [INCIDENT, 'task'] as const;

const TRY_IT =
  'Run `npm run doctor -- --write-test --group <name> --connection <id>`: it makes a ticket in that group and cancels it, which proves it.';

/** Looks whether the API user may make tickets, as far as its roles and the instance's access controls tell. */
export const checkWriteAccess: Check = async ({ tables, user }) => {
  const row = await user();
  const roles = typeof row === 'object' && row.sys_id ? await readRoles(tables, row.sys_id) : undefined;
  const names = [
    ...new Set([...controlNames(ANCESTRY), ...WRITTEN_FIELDS.flatMap((field) => controlNames(ANCESTRY, field))]),
  ];
  return [describeWriteAccess(roles, await readControls(tables, names))];
};

/** What roles and controls say; each `undefined` where it can't be read. Pure. */
export function describeWriteAccess(
  roles: ReadonlySet<string> | undefined,
  controls: readonly AccessControl[] | undefined,
): Finding {
  if (roles?.has('admin')) {
    return warning(
      'The API user may make tickets, for it is an administrator of the instance, which is far more than it needs.',
      'Give it the roles that it needs instead, such as sn_incident_read, sn_incident_write and read access to users.',
    );
  }
  if (!roles || !controls) {
    const missing = roles ? 'the access controls of the instance are' : 'the roles of the API user are';
    return notProven(`Whether the API user may make tickets can't be told: ${missing} not readable.`, TRY_IT);
  }
  const decide = (operation: 'create' | 'write', field?: string) =>
    decideWriteAccess(controls, roles, operation, controlNames(ANCESTRY, field));
  const onTable = decide('create');
  if (onTable === 'refused') {
    return failed(
      `The API user may not create records of table ${INCIDENT}: none of its roles is one that the access controls ask for.`,
      `Give it one of these roles: ${rolesNamed(nearestControls(controls, 'create', controlNames(ANCESTRY)))}.`,
    );
  }
  const fields = WRITTEN_FIELDS.map((field) => ({
    field,
    access: [decide('create', field), decide('write', field)],
  }));
  const refused = fields.filter(({ access }) => access.includes('refused')).map(({ field }) => field);
  if (refused.length > 0) {
    return failed(
      `The API user may not write ${refused.join(', ')} of table ${INCIDENT}: the instance would drop them without a word.`,
      'Let it write these fields. Without correlation_id and correlation_display no ticket is found again.',
    );
  }
  const isConditional = onTable === 'conditional' || fields.some(({ access }) => access.includes('conditional'));
  return isConditional
    ? notProven(
        'Its roles let the API user make tickets; conditions and scripts of access controls decide too.',
        TRY_IT,
      )
    : ok('Roles and access controls let the API user make tickets.');
}

function rolesNamed(controls: readonly AccessControl[]): string {
  const roles = controls.flatMap((control) => control.roles);
  return (
    [...new Set(roles)]
      .filter((role) => role !== 'admin')
      .sort()
      .join(', ') || 'admin'
  );
}
