import * as z from 'zod/mini';
import { parseJson } from '../parse.ts';

const claim = z.optional(z.string().check(z.minLength(1), z.maxLength(1_000)));

const claims = z.object({
  upn: claim,
  unique_name: claim,
  preferred_username: claim,
  appid: claim,
  azp: claim,
  oid: claim,
  xms_mirid: claim,
  scp: claim,
});

/**
 * Whom an access token stands for, for people; `unknown` where it can't be read. The claims are only decoded: whoever
 * takes the token checks its signature.
 */
export function describeIdentity(token: string, isLocal: boolean): string {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
  const parsed = parseJson(claims, payload);
  if (!parsed.ok) return 'unknown';
  const { upn, unique_name, preferred_username, appid, azp, oid, xms_mirid, scp } = parsed.value;
  const application = appid ?? azp;
  const person = upn ?? unique_name ?? preferred_username;
  if (isLocal) return `local stand-in identity ${application ?? oid ?? ''}`.trim();
  // A person's token names the application that asked for it, too.
  if (person !== undefined) return person;
  // What only a person can have given: leave to act for them.
  if (scp !== undefined && oid !== undefined) return `person ${oid}`;
  // A managed identity's token names the resource that it is; without that it may be a service principal of any kind.
  if (application !== undefined)
    return `${xms_mirid === undefined ? 'application' : 'managed identity'} ${application}`;
  return oid === undefined ? 'unknown' : `identity ${oid}`;
}
