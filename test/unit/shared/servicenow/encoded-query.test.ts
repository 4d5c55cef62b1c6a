import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEncodedQuery } from '../../../../infra/local/servicenow/query/parse-encoded-query.ts';
import { type Condition, encodedQuery, isQueryable } from '../../../../shared/servicenow/encoded-query.ts';

describe('encodedQuery', () => {
  it('joins by AND, lists by OR, and puts the order last', () => {
    const or: Condition[] = [
      ['user_name', '=', 'a'],
      ['email', '=', 'a'],
    ];
    expect(encodedQuery([['state', '>=', '6'], or], 'sys_id')).toBe('state>=6^user_name=a^ORemail=a^ORDERBYsys_id');
    expect(encodedQuery([], 'sys_id')).toBe('ORDERBYsys_id');
    expect(encodedQuery([])).toBe('');
  });

  it('compares with several sys_ids, and with nothing that would be one more', () => {
    const ids = ['a'.repeat(32), 'b'.repeat(32)].join(',');
    expect(encodedQuery([['sys_id', 'IN', ids]])).toBe(`sys_idIN${ids}`);
    expect(encodedQuery([['correlation_display', 'STARTSWITH', 'Identity^Manager/']])).toBe(
      'correlation_displaySTARTSWITHIdentity^^Manager/',
    );
    for (const value of ['a,', ',a', 'a b', 'a^NQactive=true', 'c'.repeat(33)])
      expect(() => encodedQuery([['sys_id', 'IN', value]])).toThrow(TypeError);
  });

  it('escapes carets, so that a value never becomes a condition', () => {
    expect(encodedQuery([['employee_number', '=', 'E^42']])).toBe('employee_number=E^^42');
    expect(encodedQuery([['user_name', '=', 'x^NQactive=true']])).toBe('user_name=x^^NQactive=true');
  });

  it.each(['', ' ', '\u0000', 'a\nb', 'a\u007f', '\ud800', 'javascript:gs.getUserID()', ' JavaScript:x'])(
    'refuses the value %j',
    (value) => {
      expect(isQueryable(value)).toBe(false);
      expect(() => encodedQuery([['user_name', '=', value]])).toThrow(TypeError);
    },
  );

  it('does not repeat the refused value', () => {
    expect(() => encodedQuery([['user_name', '=', 'S3cr3t\n']])).toThrow(/^(?!.*S3cr3t).*user_name/);
  });

  it.each(['', 'State', 'a^b', 'a=b', 'a b', '1a', 'ORDERBYa'])('refuses the field name %j', (field) => {
    expect(() => encodedQuery([[field, '=', 'x']])).toThrow(TypeError);
    expect(() => encodedQuery([], field)).toThrow(TypeError);
  });

  it('refuses a list of no conditions, which the server would take for none at all', () => {
    expect(() => encodedQuery([['state', '=', '1'], []])).toThrow(TypeError);
  });

  it('refuses a value that would make another operator of its own', () => {
    expect(() => encodedQuery([['sys_id', '>', '=a']])).toThrow(TypeError);
  });

  it('is understood as it was meant, whatever the values', () => {
    const value = fc
      .oneof(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('^', '=', 'OR', 'NQ', 'EQ', ' ', 'é', '😀') }),
      )
      .filter(isQueryable);
    const condition = fc
      .tuple(
        fc.constantFrom('state', 'caller_id.email', 'sys_id', 'u_a1'),
        fc.constantFrom('=' as const, '>' as const, '>=' as const, '<=' as const),
        value,
      )
      .filter(([, operator, of]) => operator !== '>' || !of.startsWith('='));
    const entry = fc.oneof(condition, fc.array(condition, { minLength: 1, maxLength: 3 }));
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), (all) => {
        const meant = all.map((part) =>
          (isOne(part) ? [part] : part).map(([field, operator, of]) => ({ field, operator, value: of })),
        );
        expect(parseEncodedQuery(encodedQuery(all, 'sys_id'))).toEqual({
          groups: [meant],
          orders: [{ field: 'sys_id', descending: false }],
        });
      }),
      { numRuns: 500 },
    );
  });
});

function isOne(part: Condition | readonly Condition[]): part is Condition {
  return typeof part[0] === 'string';
}
