import { array, assert, constantFrom, integer, property, record, string, stringMatching, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Condition, operators } from '../../../../../../infra/local/servicenow/query/encoded-query.ts';
import { parseEncodedQuery } from '../../../../../../infra/local/servicenow/query/parse-encoded-query.ts';

const equals = (field: string, value: string): Condition => ({ field, operator: '=', value });

describe('parseEncodedQuery', () => {
  it('binds ^OR to the condition immediately before, tighter than ^', () => {
    expect(parseEncodedQuery('a=1^b=2^ORc=3^d=4').groups).toEqual([
      [[equals('a', '1')], [equals('b', '2'), equals('c', '3')], [equals('d', '4')]],
    ]);
  });

  it('begins another group with ^NQ', () => {
    expect(parseEncodedQuery('a=1^b=2^NQc=3^ORd=4').groups).toEqual([
      [[equals('a', '1')], [equals('b', '2')]],
      [[equals('c', '3'), equals('d', '4')]],
    ]);
  });

  it('takes two carets for one of the value, and three for one and a separator', () => {
    expect(parseEncodedQuery('a=E^^42').groups).toEqual([[[equals('a', 'E^42')]]]);
    expect(parseEncodedQuery('a=E^^^b=1').groups).toEqual([[[equals('a', 'E^')], [equals('b', '1')]]]);
  });

  it('breaks at a caret that nobody escaped', () => {
    expect(parseEncodedQuery('a=E^42').groups).toEqual([[[equals('a', 'E')], [undefined]]]);
  });

  it('reads orders wherever they stand, and ignores ^EQ and empty terms', () => {
    expect(parseEncodedQuery('^ORDERBYDESCsys_created_on^a=1^ORDERBYcaller_id.name^EQ')).toEqual({
      groups: [[[equals('a', '1')]]],
      orders: [
        { field: 'sys_created_on', descending: true },
        { field: 'caller_id.name', descending: false },
      ],
    });
  });

  it.each(operators)('reads the operator %s', (operator) => {
    expect(parseEncodedQuery(`caller_id.name${operator}x`).groups).toEqual([
      [[{ field: 'caller_id.name', operator, value: 'x' }]],
    ]);
  });

  it.each(['', '^', '^^', 'state', 'State=1', '=1', 'stateABOVE3'])('does not fail at %j', (text) => {
    expect(parseEncodedQuery(text).orders).toEqual([]);
  });

  it('gives back what was written, whatever the values', () => {
    // Words and signs that would lengthen the operator before them can't begin a value: nothing could tell them apart.
    const value = string({ unit: 'grapheme' }).filter((text) => !/^[=*]/.test(text));
    const condition = record({
      field: stringMatching(/^[a-z_]{1,8}(\.[a-z_]{1,8})?$/),
      operator: constantFrom(...operators),
      value,
    });
    const groups = array(array(array(condition, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }), {
      minLength: 1,
      maxLength: 3,
    });
    const order = tuple(stringMatching(/^[a-z_]{1,8}$/), integer({ min: 0, max: 1 }));
    assert(
      property(groups, array(order, { maxLength: 2 }), (wanted, wantedOrders) => {
        const text = [
          wanted.map((clauses) => clauses.map((terms) => terms.map(write).join('^OR')).join('^')).join('^NQ'),
          ...wantedOrders.map(([field, descending]) => `ORDERBY${descending ? 'DESC' : ''}${field}`),
        ].join('^');
        expect(parseEncodedQuery(text)).toEqual({
          groups: wanted,
          orders: wantedOrders.map(([field, descending]) => ({ field, descending: descending === 1 })),
        });
      }),
    );
  });

  it('never fails, whatever the text', () => {
    assert(property(string({ unit: 'binary' }), (text) => void parseEncodedQuery(text)));
  });
});

function write({ field, operator, value }: Condition): string {
  return `${field}${operator}${value.replaceAll('^', '^^')}`;
}
