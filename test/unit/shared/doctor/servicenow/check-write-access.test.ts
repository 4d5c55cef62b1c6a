import { describe, expect, it } from 'vitest';
import { describeWriteAccess } from '../../../../../shared/doctor/servicenow/check-write-access.ts';
import type { AccessControl } from '../../../../../shared/doctor/servicenow/read-controls.ts';
import { WRITTEN_FIELDS } from '../../../../../shared/tickets/incident-fields.ts';
import { control } from './control.ts';

interface Case {
  readonly what: string;
  readonly roles: readonly string[] | undefined;
  readonly controls: readonly AccessControl[] | undefined;
  readonly status: string;
  readonly message: RegExp;
  readonly remedy?: RegExp;
}

const cases: readonly Case[] = [
  {
    what: 'an administrator, whatever may be read',
    roles: ['admin'],
    controls: undefined,
    status: 'warning',
    message: /is an administrator of the instance/,
    remedy: /sn_incident_write/,
  },
  {
    what: 'a user whose roles can not be read',
    roles: undefined,
    controls: [],
    status: 'notProven',
    message: /can't be told: the roles of the API user are not readable/,
    remedy: /--write-test --group <name> --connection <id>/,
  },
  {
    what: 'an instance whose controls can not be read',
    roles: ['itil'],
    controls: undefined,
    status: 'notProven',
    message: /can't be told: the access controls of the instance are not readable/,
    remedy: /--write-test/,
  },
  {
    what: 'a user whose roles are enough',
    roles: ['itil'],
    controls: [control('incident', ['itil']), control('*.*', ['itil'], { operation: 'write' })],
    status: 'ok',
    message: /let the API user make tickets\.$/,
  },
  { what: 'an instance without any control', roles: [], controls: [], status: 'ok', message: /let the API user/ },
  {
    what: 'a user without a role that the nearest controls ask for, and names those that help',
    roles: ['snc_internal'],
    controls: [
      control('incident', ['sn_incident_write', 'itil']),
      control('incident', ['itil', 'admin']),
      control('incident', ['itil_admin'], { operation: 'write' }),
      control('task', ['task_editor']),
      control('*', ['everybody']),
    ],
    status: 'failed',
    message: /may not create records of table incident/,
    remedy: /^Give it one of these roles: itil, sn_incident_write\.$/,
  },
  {
    what: 'a table that administrators alone may write',
    roles: ['itil'],
    controls: [control('incident', ['admin'])],
    status: 'failed',
    message: /may not create records/,
    remedy: /^Give it one of these roles: admin\.$/,
  },
  {
    what: 'a field that may not be given at creation',
    roles: ['itil'],
    controls: [control('task.correlation_display', ['admin'])],
    status: 'failed',
    message: /may not write correlation_display of table incident/,
    remedy: /no ticket is found again/,
  },
  {
    what: 'fields that may not be changed',
    roles: ['itil'],
    controls: [
      control('incident.impact', ['admin'], { operation: 'write' }),
      control('*.urgency', ['admin'], { operation: 'write' }),
    ],
    status: 'failed',
    message: /may not write impact, urgency of table incident/,
  },
  {
    what: 'all fields at once',
    roles: ['itil'],
    controls: [control('incident', ['itil']), control('incident.*', ['admin'])],
    status: 'failed',
    message: new RegExp(`may not write ${WRITTEN_FIELDS.join(', ')} of`),
  },
  {
    what: 'a field that the connector does not write, which is of no account',
    roles: ['itil'],
    controls: [control('incident.priority', ['admin'])],
    status: 'ok',
    message: /let the API user/,
  },
  {
    what: 'a script that decides about the table',
    roles: ['itil'],
    controls: [control('incident', ['itil'], { isConditional: true })],
    status: 'notProven',
    message: /conditions and scripts of access controls decide too/,
    remedy: /--write-test/,
  },
  {
    what: 'a script that decides about one field',
    roles: ['itil'],
    controls: [control('incident.category', [], { operation: 'write', isConditional: true })],
    status: 'notProven',
    message: /conditions and scripts/,
  },
  {
    what: 'a script that decides about one field while another is refused',
    roles: ['itil'],
    controls: [
      control('incident.category', [], { isConditional: true }),
      control('incident.correlation_id', ['admin']),
    ],
    status: 'failed',
    message: /may not write correlation_id of/,
  },
];

describe('describeWriteAccess', () => {
  it.each(cases)('knows $what', ({ roles, controls, status, message, remedy = /./ }) => {
    const found = describeWriteAccess(roles && new Set(roles), controls);
    expect(found.status).toBe(status);
    expect(found.message).toMatch(message);
    if (status === 'ok') expect(found.remedy).toBeUndefined();
    else expect(found.remedy).toMatch(remedy);
  });
});
