import { describe, expect, it } from 'vitest';
import { vaultRefusal } from '../../../../shared/secrets/vault-refusal.ts';

/** An error as the vault's client throws it. */
const refused = (code: unknown) => ({
  statusCode: 403,
  details: { error: { code: 'Forbidden', innerError: { code } } },
});
const EITHER = "enable the secret, or give this app's identity the role Key Vault Secrets User on the vault";

describe('vaultRefusal', () => {
  it.each([
    ['SecretDisabled', 'it is disabled: enable it, or set a new version'],
    ['ForbiddenByRbac', "give this app's identity the role Key Vault Secrets User on the vault"],
    ['ForbiddenByPolicy', "give this app's identity the secret permission Get in the vault's access policies"],
    ['ForbiddenByFirewall', "the vault's firewall turned the app away: allow the app's subnet or its address"],
    ['ForbiddenByConnection', 'the vault is closed to public networks: give the app a private endpoint to it'],
  ])('says what %s means and what to do', (code, remedy) => {
    expect(vaultRefusal(refused(code))).toBe(`refused (403 ${code}): ${remedy}`);
  });

  it('names a code that is not known, and both that it may be', () => {
    expect(vaultRefusal(refused('SomethingNew'))).toBe(`refused (403 SomethingNew): ${EITHER}`);
  });

  it.each([
    ['no inner error', { details: { error: { code: 'Forbidden' } } }],
    ['no details', new Error('Forbidden')],
    ['a code that is no text', refused(7)],
    ['nothing', undefined],
    ['a text', 'Forbidden'],
  ])('names both that it may be where the answer has %s', (_what, error) => {
    expect(vaultRefusal(error)).toBe(`refused (403): ${EITHER}`);
  });

  it.each(['constructor', '__proto__', 'toString'])('takes %s for no known code', (code) => {
    expect(vaultRefusal(refused(code))).toBe(`refused (403 ${code}): ${EITHER}`);
  });
});
