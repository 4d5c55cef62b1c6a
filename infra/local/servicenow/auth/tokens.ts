import type { Random } from '../random.ts';

interface Grant {
  readonly userName: string;
  readonly clientId: string;
  readonly accessToken: string;
  readonly expiresAt: number;
  readonly refreshToken: string;
}

/** The OAuth tokens that the instance has given out. */
export interface Tokens {
  /** The grant of a user through a client: the same tokens as long as the access token is valid. */
  issue(userName: string, clientId: string): { accessToken: string; refreshToken: string; expiresInSeconds: number };
  /** The user_name of a valid access token. */
  userOf(accessToken: string): string | undefined;
  /** The user_name of a refresh token that this client was given. */
  userOfRefreshToken(refreshToken: string, clientId: string): string | undefined;
  /** Takes back all access tokens, as an administrator can; refresh tokens stay. */
  revokeAll(): void;
}

/** @param lifetimeInSeconds of an access token; refresh tokens outlive the simulator. */
export function makeTokens(random: Random, lifetimeInSeconds: number, now: () => Date): Tokens {
  const grants = new Map<string, Grant>();
  const byAccessToken = new Map<string, Grant>();
  const byRefreshToken = new Map<string, Grant>();
  return {
    issue(userName, clientId) {
      const key = `${clientId} ${userName}`;
      const at = now().getTime();
      const known = grants.get(key);
      const grant =
        known !== undefined && known.expiresAt > at
          ? known
          : {
              userName,
              clientId,
              accessToken: random.hex(64),
              expiresAt: at + lifetimeInSeconds * 1000,
              refreshToken: known?.refreshToken ?? random.hex(64),
            };
      grants.set(key, grant);
      byAccessToken.set(grant.accessToken, grant);
      byRefreshToken.set(grant.refreshToken, grant);
      return {
        accessToken: grant.accessToken,
        refreshToken: grant.refreshToken,
        expiresInSeconds: Math.max(0, Math.floor((grant.expiresAt - at) / 1000)),
      };
    },
    userOf(accessToken) {
      const grant = byAccessToken.get(accessToken);
      return grant !== undefined && grant.expiresAt > now().getTime() ? grant.userName : undefined;
    },
    userOfRefreshToken(refreshToken, clientId) {
      const grant = byRefreshToken.get(refreshToken);
      return grant?.clientId === clientId ? grant.userName : undefined;
    },
    revokeAll() {
      byAccessToken.clear();
      for (const [key, grant] of grants) grants.set(key, { ...grant, expiresAt: Number.NEGATIVE_INFINITY });
    },
  };
}
