import * as z from 'zod/mini';
import { HoldError, messageOf } from '../errors.ts';
import { parse } from '../parse.ts';

const detailsSchema = z.looseObject({
  details: z.looseObject({ error: z.looseObject({ innerError: z.looseObject({ code: z.string() }) }) }),
});

const REMEDIES: Readonly<Record<string, string>> = {
  SecretDisabled: 'it is disabled: enable it, or set a new version',
  ForbiddenByPolicy: "give this app's identity the secret permission Get in the vault's access policies",
  ForbiddenByFirewall: "the vault's firewall turned the app away: allow the app's subnet or its address",
  ForbiddenByConnection: 'the vault is closed to public networks: give the app a private endpoint to it',
};

/**
 * What a vault's 403 means and what to do about it. Inner codes by the documentation's "REST API error codes"; a role that
 * was just assigned shows as ForbiddenByRbac for some minutes. `role`: what the caller needs.
 */
export function vaultRefusal(error: unknown, role = 'the role Key Vault Secrets User on the vault'): string {
  const parsed = parse(detailsSchema, error);
  const code = parsed.ok ? parsed.value.details.error.innerError.code : '';
  const known = Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined;
  const give = `give this app's identity ${role}`;
  const remedy = known ?? (code === 'ForbiddenByRbac' ? give : `enable the secret, or ${give}`);
  return `refused (403${code === '' ? '' : ` ${code}`}): ${remedy}`;
}

/** The client's words for a vault that asks for a token for something else than its address says: no token is sent. */
const FOREIGN_CHALLENGE = /^The challenge (resource|contains)/;

/** @throws HoldError where a vault is not what its address says; time alone does not help. */
export function refuseForeignVault(error: unknown, vault: string): void {
  if (!FOREIGN_CHALLENGE.test(messageOf(error))) return;
  throw new HoldError(
    'settings',
    `${vault} asks for a token for another service than that of its address: name the vault by its own address, such as https://<name>.vault.azure.net (KEY_VAULT_URL, or AzureKeyVault:Vault of appsettings.json)`,
  );
}
