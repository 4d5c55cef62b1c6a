import { codeOf } from '../errors.ts';

/** Why an Azure service gave no answer, and what to do. */
export interface NoAnswer {
  readonly reason: string;
  readonly remedy: string;
}

const NETWORK: NoAnswer = {
  reason: 'the connection failed',
  remedy: 'Check the address, firewalls, private endpoints and DNS on the way there.',
};

const TLS: NoAnswer = {
  reason: 'its TLS certificate is not trusted here',
  remedy:
    'If a proxy or a private authority issued it, name the file with its CA in NODE_EXTRA_CA_CERTS; else the address is not what it should be.',
};

const BY_CODE: ReadonlyMap<string, NoAnswer> = new Map(
  Object.entries({
    ENOTFOUND: {
      reason: 'its host name is not known',
      remedy: 'Check the address for typing errors, that it still exists, and the DNS (private DNS zone) used here.',
    },
    EAI_AGAIN: { reason: 'no name server answered', remedy: 'Check the DNS and the network used here.' },
    ECONNREFUSED: {
      reason: 'the connection was refused',
      remedy:
        'Check address and port, and whether a firewall refuses; of the local environment, that `npm start` runs.',
    },
    EHOSTUNREACH: { ...NETWORK, reason: 'there is no route to it' },
    ENETUNREACH: { ...NETWORK, reason: 'there is no route to it' },
    ECONNRESET: { ...NETWORK, reason: 'the connection was cut' },
    ETIMEDOUT: { ...NETWORK, reason: 'it did not answer in time' },
    CERT_HAS_EXPIRED: {
      reason: 'its TLS certificate has expired',
      remedy: 'Check the clock of this machine; else whoever runs the service or a proxy before it has to renew it.',
    },
    CERT_NOT_YET_VALID: {
      reason: 'its TLS certificate is not valid yet',
      remedy: 'Check the clock of this machine; else wait, or ask whoever runs the service or a proxy before it.',
    },
    EPROTO: {
      reason: 'it does not speak TLS there',
      remedy: 'Check address and port, and whether a proxy in between breaks TLS.',
    },
    ERR_TLS_CERT_ALTNAME_INVALID: {
      reason: 'its TLS certificate is for another name',
      remedy: 'Check the address and the DNS: something else answers there.',
    },
    DEPTH_ZERO_SELF_SIGNED_CERT: TLS,
    SELF_SIGNED_CERT_IN_CHAIN: TLS,
    UNABLE_TO_VERIFY_LEAF_SIGNATURE: TLS,
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY: TLS,
  }),
);

/** Errors of @azure/identity: there is no token, so nothing was asked. */
const SIGN_IN_ERRORS = [
  'CredentialUnavailableError',
  'AuthenticationError',
  'AuthenticationRequiredError',
  'AggregateAuthenticationError',
];

/**
 * Explains an error that came instead of an answer of an Azure service, by its kind alone: the texts of such errors may
 * hold requests.
 */
export function explainNoAnswer(error: unknown): NoAnswer {
  const name = error instanceof Error ? error.name : '';
  if (SIGN_IN_ERRORS.includes(name)) {
    return {
      reason: 'no identity could sign in to Azure',
      remedy: 'Sign in with `az login` (or `azd auth login`), or run this where the managed identity is.',
    };
  }
  if (name === 'AbortError' || name === 'TimeoutError') {
    return { ...NETWORK, reason: 'it did not answer in time' };
  }
  const code = codeOf(error);
  if (code === undefined) return { ...NETWORK, reason: 'it gave no answer that can be understood' };
  return BY_CODE.get(code) ?? { ...NETWORK, reason: `the connection failed (${code.slice(0, 60)})` };
}
