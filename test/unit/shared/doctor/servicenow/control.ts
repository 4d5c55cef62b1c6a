import type { AccessControl } from '../../../../../shared/doctor/servicenow/read-controls.ts';

/** An access control for creating records, without anything special. */
export function control(name: string, roles: readonly string[], more: Partial<AccessControl> = {}): AccessControl {
  return {
    name,
    operation: 'create',
    roles,
    adminOverrides: true,
    isConditional: false,
    deniesUnless: false,
    ...more,
  };
}
