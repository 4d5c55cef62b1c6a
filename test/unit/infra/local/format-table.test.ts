import { expect, it } from 'vitest';
import { formatTable } from '../../../../infra/local/format-table.ts';

it('makes every column as wide as its widest cell', () => {
  expect(
    formatTable(
      ['Order', 'State'],
      [
        ['1', 'Executed'],
        ['a long one', ''],
      ],
    ),
  ).toBe(['Order       State', '----------  --------', '1           Executed', 'a long one'].join('\n'));
});

it('sets the titles alone where there is nothing else', () => {
  expect(formatTable(['Order', 'State'], [])).toBe('Order  State\n-----  -----');
});
