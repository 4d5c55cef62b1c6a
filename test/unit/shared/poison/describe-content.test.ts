import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeContent } from '../../../../shared/poison/describe-content.ts';
import { anOrder } from '../../../orders.ts';

describe('describeContent', () => {
  it('shows every value of an order under its path, on one line each', () => {
    const lines = describeContent(
      anOrder({ Changes: { lastName: 'Bond\nDropped', roles_add: [{ Id: '1' }], none: {} } }),
    );
    expect(lines).toContain('AssignedResourceTypeId: 3930001');
    expect(lines).toContain('ResourceType.SourceEntityType.Identifier: Directory_User');
    expect(lines).toContain('Changes.lastName: Bond Dropped');
    expect(lines).toContain('Changes.roles_add.0.Id: 1');
    expect(lines).toContain('Changes.none: (empty)');
  });

  it.each([
    ['a value called so', { Changes: { initialPassword: 'hunter2' } }],
    ['all below it', { Changes: { credentials: { user: 'x', of: { more: ['hunter2'] } } } }],
    ['each of a list of them', { Changes: { tokens: ['a', 'hunter2'] } }],
    ['one in running text', { Changes: { comment: 'his password: hunter2' } }],
    ['one at the top', { password: 'hunter2' }],
    ['one in text that is no order', 'password=hunter2'],
  ])('does not show a secret: %s', (_name, content) => {
    const text = describeContent(content).join('\n');
    expect(text).not.toContain('hunter2');
    expect(text).not.toBe('');
  });

  it('tells the orders of a list by one line each, and how many more there are', () => {
    expect(describeContent({ ProvisioningOrdersList: [anOrder(), 3] })).toEqual([
      'Added SAP_User_NominativeUser (assignment 3930001)',
      'not an order',
    ]);
    expect(describeContent({ ProvisioningOrdersList: Array.from({ length: 60 }, () => 1) }).at(-1)).toBe(
      '… and 10 more',
    );
  });

  it('bears anything, however deep, wide or odd', () => {
    let deep: unknown = 1;
    for (let level = 0; level < 20_000; level += 1) deep = [deep];
    expect(describeContent(deep)).toEqual([expect.stringMatching(/^(0\.)+0: …$/)]);
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: true }), (value) => {
        for (const line of describeContent(value)) expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
      }),
    );
  });
});
