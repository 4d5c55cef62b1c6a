import type { AccessControl } from './read-controls.ts';

/** What roles and access controls say about a write: certain both ways, or `conditional` where a script decides too. */
export type WriteAccess = 'allowed' | 'conditional' | 'refused';

/**
 * The names under which an access control of a record applies, the nearest first: of the table, of what it extends, of
 * all tables; for a field, those of its name before those of all fields. Source: "Access control list rules".
 */
export function controlNames(ancestry: readonly string[], field?: string): readonly string[] {
  const tables = [...ancestry, '*'];
  if (field === undefined) return tables;
  return [...tables.map((table) => `${table}.${field}`), ...tables.map((table) => `${table}.*`)];
}

/**
 * Decides by the nearest controls; where there is none, everybody may. One of several is enough. Who is not certain to
 * get past every control that denies is not certain of anything. Pure.
 */
export function decideWriteAccess(
  controls: readonly AccessControl[],
  roles: ReadonlySet<string>,
  operation: 'create' | 'write',
  names: readonly string[],
): WriteAccess {
  const decisions = nearestControls(controls, operation, names).map((control) => passes(control, roles));
  const mayPass = decisions.length === 0 || decisions.includes('allowed');
  if (!mayPass && !decisions.includes('conditional')) return 'refused';
  const isDenied = controls.some(
    (control) =>
      control.deniesUnless &&
      control.operation === operation &&
      names.includes(control.name) &&
      passes(control, roles) !== 'allowed',
  );
  return mayPass && !isDenied ? 'allowed' : 'conditional';
}

/** The controls of which one has to let a user pass: those of the nearest name that has any. */
export function nearestControls(
  controls: readonly AccessControl[],
  operation: 'create' | 'write',
  names: readonly string[],
): readonly AccessControl[] {
  const allowing = controls.filter((control) => control.operation === operation && !control.deniesUnless);
  const nearest = names.find((name) => allowing.some((control) => control.name === name));
  return allowing.filter(({ name }) => name === nearest);
}

function passes(control: AccessControl, roles: ReadonlySet<string>): WriteAccess {
  if (control.adminOverrides && roles.has('admin')) return 'allowed';
  if (control.roles.length > 0 && !control.roles.some((role) => roles.has(role))) return 'refused';
  return control.isConditional ? 'conditional' : 'allowed';
}
