import type { StoppedLogin } from '../../../../../shared/limits/judge-login.ts';
import type { Logins } from '../../../../../shared/limits/logins.ts';

/** A login that was refused so often. */
export function stopOf(failures: number): StoppedLogin {
  return {
    login: 'https://contoso.service-now.com identity.manager',
    versions: ['v0'],
    failures,
    stoppedAt: new Date('2026-11-22T08:00:00.000Z'),
    isReleased: false,
  };
}

/** Logins of which none is stopped and every permit is free. */
export function fakeLogins(more: Partial<Logins> = {}): Logins {
  return {
    acquire: async () => ({ release: () => {} }),
    judge: async () => ({ kind: 'free' }),
    judgeNow: () => ({ kind: 'free' }),
    stopped: async () => undefined,
    refused: async () => stopOf(1),
    takeTurn: async () => ({ kind: 'free' }),
    all: async () => [],
    release: async () => false,
    ...more,
  };
}
