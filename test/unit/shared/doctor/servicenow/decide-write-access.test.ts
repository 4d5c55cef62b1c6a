import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  controlNames,
  decideWriteAccess,
  nearestControls,
} from '../../../../../shared/doctor/servicenow/decide-write-access.ts';
import { control } from './control.ts';

const TABLES = ['incident', 'task', '*'];
const decide = (controls: Parameters<typeof decideWriteAccess>[0], ...roles: readonly string[]) =>
  decideWriteAccess(controls, new Set(roles), 'create', TABLES);

describe('controlNames', () => {
  it('puts the table before what it extends, and all tables last', () => {
    expect(controlNames(['incident', 'task'])).toEqual(['incident', 'task', '*']);
    expect(controlNames(['incident', 'task'], 'impact')).toEqual([
      'incident.impact',
      'task.impact',
      '*.impact',
      'incident.*',
      'task.*',
      '*.*',
    ]);
  });
});

describe('decideWriteAccess', () => {
  it.each([
    { what: 'there is no control', controls: [], roles: [], is: 'allowed' },
    {
      what: 'there are controls of other names and operations only',
      controls: [control('problem', ['admin']), control('incident', ['admin'], { operation: 'write' })],
      roles: [],
      is: 'allowed',
    },
    { what: 'a control asks for no role', controls: [control('incident', [])], roles: [], is: 'allowed' },
    { what: 'the role is there', controls: [control('incident', ['itil'])], roles: ['itil'], is: 'allowed' },
    { what: 'the role is missing', controls: [control('incident', ['itil'])], roles: ['snc_internal'], is: 'refused' },
    {
      what: 'one of several roles of a control is there',
      controls: [control('incident', ['itil', 'sn_incident_write'])],
      roles: ['sn_incident_write'],
      is: 'allowed',
    },
    {
      what: 'one of several controls lets pass',
      controls: [control('incident', ['itil']), control('incident', ['sn_incident_write'])],
      roles: ['sn_incident_write'],
      is: 'allowed',
    },
    {
      what: 'the nearest control refuses and a farther one would let pass',
      controls: [control('*', []), control('task', ['itil']), control('incident', ['sn_incident_write'])],
      roles: ['itil'],
      is: 'refused',
    },
    {
      what: 'the nearest control lets pass and a farther one would refuse',
      controls: [control('*', ['admin']), control('incident', [])],
      roles: [],
      is: 'allowed',
    },
    {
      what: 'only what the table extends has a control',
      controls: [control('task', ['itil']), control('*', [])],
      roles: [],
      is: 'refused',
    },
    { what: 'only all tables have one', controls: [control('*', ['admin'])], roles: ['itil'], is: 'refused' },
    {
      what: 'an administrator passes whatever a control asks for',
      controls: [control('incident', ['security_admin'], { isConditional: true })],
      roles: ['admin'],
      is: 'allowed',
    },
    {
      what: 'a control is not for administrators',
      controls: [control('incident', ['security_admin'], { adminOverrides: false })],
      roles: ['admin'],
      is: 'refused',
    },
    {
      what: 'a condition decides too',
      controls: [control('incident', ['itil'], { isConditional: true })],
      roles: ['itil'],
      is: 'conditional',
    },
    {
      what: 'a condition would decide, and the role is missing',
      controls: [control('incident', ['itil'], { isConditional: true })],
      roles: [],
      is: 'refused',
    },
    {
      what: 'a condition decides for one control, and another lets pass anyway',
      controls: [control('incident', [], { isConditional: true }), control('incident', ['itil'])],
      roles: ['itil'],
      is: 'allowed',
    },
    {
      what: 'a control that denies lets pass whom no other one allows',
      controls: [control('incident', ['itil'], { deniesUnless: true }), control('task', ['sn_incident_write'])],
      roles: ['itil'],
      is: 'refused',
    },
    {
      what: 'a control that denies does not let pass whom another one allows',
      controls: [control('task', ['security'], { deniesUnless: true }), control('incident', ['itil'])],
      roles: ['itil'],
      is: 'conditional',
    },
    {
      what: 'a control that denies lets pass whom another one allows',
      controls: [control('*', ['itil'], { deniesUnless: true }), control('incident', ['itil'])],
      roles: ['itil'],
      is: 'allowed',
    },
    {
      what: 'only a control that denies is there, and does not let pass',
      controls: [control('incident', ['security'], { deniesUnless: true })],
      roles: [],
      is: 'conditional',
    },
  ])('says $is where $what', ({ controls, roles, is }) => {
    expect(decide(controls, ...roles)).toBe(is);
  });

  const controls = fc.array(
    fc.record({
      name: fc.constantFrom('incident', 'task', '*', 'problem'),
      operation: fc.constantFrom('create', 'write'),
      roles: fc.uniqueArray(fc.constantFrom('itil', 'admin', 'security')),
      adminOverrides: fc.boolean(),
      isConditional: fc.boolean(),
      deniesUnless: fc.boolean(),
    }),
    { maxLength: 6 },
  );
  const roles = fc.uniqueArray(fc.constantFrom('itil', 'admin', 'security', 'other'));

  it('never takes away by a role more, and does not depend on the order of controls', () => {
    const order = ['refused', 'conditional', 'allowed'];
    fc.assert(
      fc.property(controls, roles, fc.constantFrom('itil', 'admin', 'security'), (given, has, more) => {
        const before = decide(given, ...has);
        expect(order.indexOf(decide(given, ...has, more))).toBeGreaterThanOrEqual(order.indexOf(before));
        expect(decide([...given].reverse(), ...has)).toBe(before);
      }),
    );
  });

  it('is certain of nothing but by controls of these names and this operation', () => {
    fc.assert(
      fc.property(controls, roles, (given, has) => {
        const applying = given.filter(({ name, operation }) => TABLES.includes(name) && operation === 'create');
        expect(decide(given, ...has)).toBe(decide(applying, ...has));
      }),
    );
  });
});

describe('nearestControls', () => {
  it('are those of which one has to let pass', () => {
    const near = control('incident', ['sn_incident_write']);
    const all = [
      control('task', ['itil']),
      near,
      control('incident', ['x'], { operation: 'write' }),
      control('incident', ['y'], { deniesUnless: true }),
    ];
    expect(nearestControls(all, 'create', TABLES)).toEqual([near]);
    expect(nearestControls([], 'create', TABLES)).toEqual([]);
  });
});
