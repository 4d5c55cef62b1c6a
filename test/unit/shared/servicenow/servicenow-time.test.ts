import { expect, it } from 'vitest';
import { toServiceNowTime } from '../../../../shared/servicenow/servicenow-time.ts';

it('writes a time as the Table API reads it: GMT, to the second, never later than it was', () => {
  expect(toServiceNowTime(new Date('2026-11-23T23:59:59.999+01:00'))).toBe('2026-11-23 22:59:59');
  expect(toServiceNowTime(new Date('2026-01-01T00:00:00Z'))).toBe('2026-01-01 00:00:00');
});
