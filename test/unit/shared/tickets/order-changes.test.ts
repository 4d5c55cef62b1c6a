import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ProvisioningOrder } from '../../../../shared/provisioning/order.ts';
import { changesOf, mayBeShown } from '../../../../shared/tickets/order-changes.ts';
import { sampleOrder } from '../sample-orders.ts';

const order = (Changes: Record<string, unknown>, Resource: Record<string, unknown> = {}): ProvisioningOrder => ({
  ...sampleOrder('modified-with-links.json'),
  Changes,
  Resource,
});

describe('changesOf', () => {
  it('tells old and new values, and links by the names of what they lead to', () => {
    expect(changesOf(sampleOrder('modified-with-links.json'), 'Modified', [])).toEqual({
      resource: [{ name: 'identifier', value: '007' }],
      values: [
        { name: 'lastName', value: 'Bond-Moneypenny', old: 'Bond' },
        { name: 'site', value: 'Paris', old: 'London' },
      ],
      addedLinks: [{ name: 'roles', action: 'add', links: ['FI clerk', 'SAP_MM_VIEW'] }],
      removedLinks: [{ name: 'roles', action: 'remove', links: ['HR viewer'] }],
    });
  });

  it('shows of what does not change only names and identifiers, and what the mapping allows', () => {
    const resource = { Id: '1', displayName: 'Bond', birthDate: '1920-11-11', Email: 'b@contoso.com', salary: 5 };
    const shown = (allowed: string[]) => changesOf(order({}, resource), 'Deleted', allowed).resource;
    expect(shown([]).map(({ name }) => name)).toEqual(['displayName', 'Email']);
    expect(shown(['salary']).map(({ name }) => name)).toEqual(['displayName', 'Email', 'salary']);
  });

  it('shows no secret, even where the mapping allows it', () => {
    const { resource } = changesOf(order({}, { password: 'canary-1' }), 'Deleted', ['password']);
    expect(JSON.stringify(resource)).not.toContain('canary');
  });

  it('takes what only looks like links for a value', () => {
    const { values, addedLinks } = changesOf(order({ roles_add: 'none', _add: ['x'] }), 'Modified', []);
    expect(values.map(({ name }) => name)).toEqual(['roles_add', '_add']);
    expect(addedLinks).toEqual([]);
  });

  it('knows no old values of a resource that is to be made', () => {
    expect(changesOf(order({ a: 'new' }, { a: 'old' }), 'Added', [])).toMatchObject({
      resource: [],
      values: [{ name: 'a', value: 'new' }],
    });
    expect(changesOf(order({ a: 'new' }, { a: 'old' }), 'Added', []).values[0]).not.toHaveProperty('old');
  });

  it('is total', () => {
    const values = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue());
    const changeType = fc.constantFrom('Added' as const, 'Modified' as const, 'Deleted' as const);
    fc.assert(
      fc.property(values, values, changeType, (changes, resource, type) => {
        expect(JSON.stringify(changesOf(order(changes, resource), type, [])).isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('mayBeShown', () => {
  it.each([
    ['displayName', [], true],
    ['SAMACCOUNTNAME', [], true],
    ['EmployeeId', [], true],
    ['birthDate', [], false],
    ['birthDate', ['birthDate'], true],
    ['birthdate', ['birthDate'], false],
    ['PhotoTag', [], false],
  ])('says of %s with %j allowed: %s', (name, allowed, expected) => {
    expect(mayBeShown(name, allowed)).toBe(expected);
  });
});
