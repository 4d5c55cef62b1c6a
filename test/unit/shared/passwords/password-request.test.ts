import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPasswordRequest, userNamed, withoutPassword } from '../../../../shared/passwords/password-request.ts';

const CANARY = 'canary!4711';
const asked = (changes: object = {}) => ({
  Connection: 'Help',
  User: 'james.bond',
  Password: { Generate: true },
  ...changes,
});
const JWE = `eyJhbGciOiJSU0EtT0FFUC0yNTYifQ.${['a', 'b', 'c', 'd'].map((part) => part.repeat(20)).join('.')}`;

describe('readPasswordRequest', () => {
  it.each([
    asked(),
    asked({ User: { sys_id: 'a' } }),
    asked({ User: { employee_number: '007' }, ResourceType: 'Accounts' }),
    asked({ Password: { SecretName: 'james-2026' } }),
    asked({ Password: { Jwe: JWE } }),
  ])('takes %j', (data) => {
    expect(readPasswordRequest(data)).toEqual({ ok: true, value: data });
    expect(withoutPassword(data)).toEqual(data);
  });

  it.each([
    ['Connection', asked({ Connection: '' })],
    ['User', asked({ User: { user_name: 'a', email: 'b' } })],
    ['User', asked({ User: {} })],
    ['User', asked({ User: { name: 'a' } })],
    ['User', asked({ User: 'a'.repeat(101) })],
    ['Password', asked({ Password: { Generate: false } })],
    ['Password', asked({ Password: { Generate: true, SecretName: 'a' } })],
    ['Password', asked({ Password: { SecretName: 'a b' } })],
    ['Password', asked({ Password: { Jwe: `${JWE}.e` } })],
    ['Password', asked({ Password: { Jwe: `eyJ${'a'.repeat(16_000)}....` } })],
    ['Unrecognized', asked({ NewPassword: CANARY })],
  ])('names %s as what is wrong, and no value', (name, data) => {
    const read = readPasswordRequest(data);
    expect(read).toMatchObject({ ok: false, faults: expect.arrayContaining([expect.stringContaining(name)]) });
    expect(JSON.stringify(read)).not.toContain(CANARY);
  });

  it.each([null, undefined, 1, 'text', [], [asked()]])('refuses %j', (data) => {
    expect(readPasswordRequest(data).ok).toBe(false);
  });

  it('names the user by whatever the message does', () => {
    expect(['a', { email: 'b' }].map((User) => userNamed({ User }))).toEqual(['a', 'b']);
  });
});

describe('withoutPassword', () => {
  /** Any data with the canary in it as a text, a part of one, or a name below the first level. */
  const { hostile } = fc.letrec((tie) => ({
    leaf: fc.oneof(
      fc.constant(CANARY),
      fc.string().map((text) => `${text}${CANARY}`),
      fc.integer(),
      fc.constant(null),
      fc.boolean(),
    ),
    hostile: fc.oneof(
      { depthSize: 'small' },
      tie('leaf'),
      fc.array(tie('hostile')),
      fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('Generate', 'SecretName', 'Jwe', CANARY)), tie('hostile')),
    ),
  }));
  const anyMember = fc.oneof(
    fc.constantFrom('Password', 'NewPassword', 'password', 'Removed', 'OrdersBlob', '__proto__', 'constructor'),
    fc.string(),
  );

  it('keeps nothing of a password, wherever it stands, and is the same when it is done again', () => {
    fc.assert(
      fc.property(fc.oneof(hostile, fc.dictionary(anyMember, hostile)), (data) => {
        // A member of the first level may have any name, which is kept to help whoever wrote it.
        fc.pre(!(typeof data === 'object' && data !== null && !Array.isArray(data) && Object.hasOwn(data, CANARY)));
        const kept = withoutPassword(data);
        expect(JSON.stringify(kept)).not.toContain(CANARY);
        expect(withoutPassword(kept)).toEqual(kept);
      }),
      { numRuns: 1_000 },
    );
  });

  it('keeps what is no password, so that whoever repairs it knows whose it is', () => {
    expect(withoutPassword(asked({ Password: CANARY }))).toEqual({
      ...asked(),
      Password: { Removed: 'no password may stand in a message' },
    });
  });
});
