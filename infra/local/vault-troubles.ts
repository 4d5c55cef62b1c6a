import { refuse, type VaultAnswer } from './vault-operations.ts';

const REFUSALS = {
  ForbiddenByRbac:
    'Caller is not authorized to perform action on resource. If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.',
  ForbiddenByPolicy: 'The user, group or application does not have secrets get permission on key vault.',
  ForbiddenByFirewall: 'Client address is not authorized and caller is not a trusted service.',
  ForbiddenByConnection:
    'Public network access is disabled and request is not from a trusted service nor via an approved private link.',
} as const;

/** Why a vault turns a caller away: the `innererror.code` of its 403. */
export type VaultRefusal = keyof typeof REFUSALS;

/** The switches by which a vault is made to fail. */
export interface VaultTroubles {
  /** An outage: every call is answered with this status until it is `undefined` again. */
  respondWith(status: number | undefined): void;
  /** Answers calls that have a token with 403, about all secrets or about that name, until told `undefined`. */
  refuse(code: VaultRefusal | undefined, name?: string): void;
  /** Answers the next calls that have a token with 429 and that `Retry-After`. */
  throttle(calls: number, retryAfterInSeconds: number): void;
  /** A black hole: calls are taken and never answered, nor are these later on. */
  hang(isHanging: boolean): void;
}

/** Keeps the switches, and gives the answers they ask for; `undefined` where a call is to be answered as usual. */
export function makeVaultTroubles() {
  let outage: number | undefined;
  let isHanging = false;
  let throttled = { calls: 0, retryAfterInSeconds: 0 };
  const refusals = new Map<string | undefined, VaultRefusal>();
  const switches: VaultTroubles = {
    respondWith: (status) => {
      outage = status;
    },
    refuse: (code, name) => {
      if (code) refusals.set(name?.toLowerCase(), code);
      else refusals.delete(name?.toLowerCase());
    },
    throttle: (calls, retryAfterInSeconds) => {
      throttled = { calls, retryAfterInSeconds };
    },
    hang: (on) => {
      isHanging = on;
    },
  };
  return {
    switches,
    isHanging: () => isHanging,
    /** For any call. */
    answerAnybody: (): VaultAnswer | undefined =>
      outage === undefined ? undefined : refuse(outage, 'ServiceUnavailable', 'The vault was told to answer this.'),
    /** For a call that has a token, about a secret or about all. */
    answerCaller: (name: string | undefined): VaultAnswer | undefined => {
      const { calls, retryAfterInSeconds } = throttled;
      if (calls > 0) {
        throttled = { calls: calls - 1, retryAfterInSeconds };
        const message = 'Request was not processed because too many requests were received. Please try again later.';
        const headers = { 'Retry-After': String(retryAfterInSeconds) };
        return { ...refuse(429, 'Throttled', message), headers };
      }
      const code = refusals.get(name?.toLowerCase()) ?? refusals.get(undefined);
      return code && refuseAs(code);
    },
  };
}

/** The 403 of a vault for that reason. */
export function refuseAs(code: VaultRefusal): VaultAnswer {
  return refuse(403, 'Forbidden', REFUSALS[code], code);
}
