import { expect, it } from 'vitest';
import { makeLogins } from '../../../../shared/limits/logins.ts';

it('stops a login at its first refusal, with the version that was refused', () => {
  const logins = makeLogins();
  expect(logins.stopped('x api')).toBeUndefined();
  expect(logins.refused('x api', 'v1')).toEqual({ version: 'v1', failures: 1 });
  expect(logins.stopped('x api')).toEqual({ version: 'v1', failures: 1 });
  expect(logins.stopped('x other')).toBeUndefined();
});

it('counts failures over versions until a success', () => {
  const logins = makeLogins();
  logins.refused('x api', 'v1');
  expect(logins.refused('x api', 'v2')).toEqual({ version: 'v2', failures: 2 });
  logins.accepted('x api');
  expect(logins.stopped('x api')).toBeUndefined();
  expect(logins.refused('x api', 'v3').failures).toBe(1);
});
