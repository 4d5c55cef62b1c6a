import { describe, expect, it } from 'vitest';
import { judgeLogin } from '../../../../shared/limits/judge-login.ts';

/** A row of a login that was refused with version `old`. */
const row = (failures: number, { released = false, isLive = true } = {}) => ({
  columns: {
    v: 1,
    Login: 'https://x.service-now.com api.user',
    Versions: 'older old',
    Failures: failures,
    StoppedAt: '2026-11-23T10:00:00.000Z',
    Released: released,
    Holder: '',
    LiveInMs: 0,
  },
  isLive,
});

describe('judgeLogin', () => {
  it.each([
    ['no row', undefined, 'old', 'free'],
    ['a stop, the refused settings', row(1), 'old', 'refused'],
    ['a stop, other settings', row(1), 'new', 'untried'],
    ['a stop, settings whose version begins like a refused one', row(1), 'ol', 'untried'],
    ['three failures, the refused settings', row(3), 'old', 'refused'],
    ['three failures, other settings', row(3), 'new', 'untried'],
    ['four failures, other settings', row(4), 'new', 'exhausted'],
    ['four failures, the refused settings', row(4), 'old', 'exhausted'],
    ['more failures', row(9), 'new', 'exhausted'],
    ['a released stop, the refused settings', row(1, { released: true }), 'old', 'untried'],
    ['four failures and a release', row(4, { released: true }), 'new', 'untried'],
    ['a turn that has run out', row(1, { isLive: false }), 'old', 'refused'],
    ['no failures since, the refused settings', row(0), 'old', 'outdated'],
    ['no failures since, other settings', row(0), 'new', 'free'],
    ['no failures for long, the refused settings', row(0, { isLive: false }), 'old', 'free'],
  ] as const)('%s: %s → %s', (_name, known, version, kind) => {
    expect(judgeLogin(known, version).kind).toBe(kind);
  });
});
