import * as z from 'zod/mini';
import { parse } from '../parse.ts';

const detailsSchema = z.looseObject({
  details: z.looseObject({ error: z.looseObject({ innerError: z.looseObject({ code: z.string() }) }) }),
});

const REMEDIES: Readonly<Record<string, string>> = {
  SecretDisabled: 'it is disabled: enable it, or set a new version',
  ForbiddenByRbac: "give this app's identity the role Key Vault Secrets User on the vault",
  ForbiddenByPolicy: "give this app's identity the secret permission Get in the vault's access policies",
  ForbiddenByFirewall: "the vault's firewall turned the app away: allow the app's subnet or its address",
  ForbiddenByConnection: 'the vault is closed to public networks: give the app a private endpoint to it',
};

/**
 * What a vault's 403 means and what to do about it. Inner codes by the documentation's "REST API error codes"; a role that
 * was just assigned shows as ForbiddenByRbac for some minutes.
 */
export function vaultRefusal(error: unknown): string {
  const parsed = parse(detailsSchema, error);
  const code = parsed.ok ? parsed.value.details.error.innerError.code : '';
  const known = Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined;
  const remedy = known ?? "enable the secret, or give this app's identity the role Key Vault Secrets User on the vault";
  return `refused (403${code === '' ? '' : ` ${code}`}): ${remedy}`;
}
