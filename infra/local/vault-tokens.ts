import { z } from 'zod';

const claimsSchema = z.object({ aud: z.string(), nbf: z.number(), exp: z.number(), appid: z.string().optional() });

/**
 * Who calls, by the client id in the token; `undefined` for a token that is none, not for this resource or not valid now.
 * A token's signature is not looked at.
 */
export function callerOf(authorization: string | undefined, resource: string): { clientId?: string } | undefined {
  const [scheme, token = ''] = authorization?.split(' ') ?? [];
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    const { aud, nbf, exp, appid } = claimsSchema.parse(JSON.parse(payload));
    const now = Date.now() / 1000;
    if (scheme !== 'Bearer' || aud !== resource || nbf > now || now >= exp) return undefined;
    return appid === undefined ? {} : { clientId: appid };
  } catch {
    return undefined;
  }
}
