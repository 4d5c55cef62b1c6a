import { describe, expect, it } from 'vitest';
import { acceptValue } from '../../../../../../infra/local/servicenow/data/accept-value.ts';

describe('acceptValue', () => {
  it('cuts text at the length of the field', () => {
    expect(acceptValue({ type: 'string', label: 'x', maxLength: 3 }, 'abcd')).toBe('abc');
    expect(acceptValue({ type: 'string', label: 'x' }, 'abcd')).toBe('abcd');
  });

  it.each(['5', '', 'One', 'toString'])('does not accept the choice %j, which does not exist', (value) => {
    expect(acceptValue({ type: 'choice', label: 'x', choices: { '1': 'One' } }, value)).toBeUndefined();
  });

  it.each([
    ['true', 'true'],
    ['1', 'true'],
    ['false', 'false'],
    ['yes', 'false'],
    ['', ''],
  ])('stores the boolean %j as %j', (value, stored) => {
    expect(acceptValue({ type: 'boolean', label: 'x' }, value)).toBe(stored);
  });

  it('takes only whole numbers for an integer', () => {
    const field = { type: 'integer', label: 'x' } as const;
    expect(['-5', '', '1.5', 'x'].map((value) => acceptValue(field, value))).toEqual(['-5', '', undefined, undefined]);
  });

  it('takes times of the form of the instance, and dates as midnight', () => {
    const field = { type: 'glide_date_time', label: 'x' } as const;
    expect(acceptValue(field, '2026-11-23 10:00:00')).toBe('2026-11-23 10:00:00');
    expect(acceptValue(field, '2026-11-23')).toBe('2026-11-23 00:00:00');
    expect(acceptValue(field, '2026-11-23T10:00:00Z')).toBeUndefined();
  });
});
