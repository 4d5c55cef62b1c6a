import { codeOf, messageOf } from '../errors.ts';

/** Why the two sides of a TLS connection refuse each other, and what to do. */
export interface TlsRefusal {
  /** For people and for searches; never with anything of the request in it. */
  readonly code: string;
  readonly remedy: string;
}

const UNTRUSTED =
  'its certificate is not trusted here; put the certificate of the CA that issued it into a PEM file and name that file in app setting NODE_EXTRA_CA_CERTS';

/** What this side has against the certificate of the server, by Node's own codes. */
const SERVER_CERTIFICATE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  CERT_UNTRUSTED: UNTRUSTED,
  CERT_REJECTED: UNTRUSTED,
  INVALID_CA: UNTRUSTED,
  INVALID_PURPOSE: 'its certificate is not one for servers; whoever runs CyberArk has to put it right',
  CERT_HAS_EXPIRED: 'its certificate has expired; whoever runs CyberArk has to renew it',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet; whoever runs CyberArk has to put it right',
  CERT_REVOKED: 'its certificate is revoked; whoever runs CyberArk has to renew it',
  ERR_TLS_CERT_ALTNAME_INVALID:
    'its certificate is for another name; put CyberArk:Server of appsettings.json right, or its certificate',
};

const RENEW = 'renew the client certificate that section CyberArk of appsettings.json names';
const ALLOW =
  'have the CA that issued it trusted on the CyberArk web server, or name another one in section CyberArk of appsettings.json';

/** What the server has against this side, by the numbers of TLS alerts (RFC 8446, section 6). */
const ALERTS: Readonly<Record<string, string>> = {
  40: 'it ended the TLS handshake; mostly it wants a client certificate that it trusts (CyberArk:File or CyberArk:CertificateAzureKeyVault of appsettings.json), else it has no TLS version in common with this app',
  42: `it refused the client certificate; ${ALLOW}`,
  43: `it does not take a client certificate of that kind; ${RENEW}`,
  44: `it says that the client certificate is revoked; ${RENEW}`,
  45: `it says that the client certificate has expired; ${RENEW}`,
  46: `it refused the client certificate; ${ALLOW}`,
  48: `it does not know the CA of the client certificate; ${ALLOW}`,
  49: `it refused access with that client certificate; ${ALLOW}`,
  51: `it could not check the client certificate; ${RENEW}`,
  70: 'it has no TLS version in common with this app; enable TLS 1.2 or later there',
  116: 'it wants a client certificate; name one with CyberArk:File or CyberArk:CertificateAzureKeyVault of appsettings.json',
};

const UNUSABLE =
  'the client certificate that section CyberArk of appsettings.json names is not usable with its private key; put the two of one export into the file';

/**
 * Tells apart what a person has to put right from a network that is away; `undefined` for the latter. An alert comes as a
 * code of its own after the handshake and as `EPROTO` within it, with its number in the text in both cases.
 */
export function explainTlsRefusal(error: unknown, hasClientCertificate: boolean): TlsRefusal | undefined {
  const code = codeOf(error) ?? '';
  const remedy = Object.hasOwn(SERVER_CERTIFICATE, code) ? SERVER_CERTIFICATE[code] : undefined;
  if (remedy !== undefined) return { code, remedy };
  if (hasClientCertificate && /^ERR_(OSSL|CRYPTO)_/.test(code)) return { code, remedy: UNUSABLE };
  if (code !== 'EPROTO' && !code.startsWith('ERR_SSL_')) return undefined;
  const text = messageOf(error);
  if (/wrong version number/i.test(text))
    return { code, remedy: 'it does not speak TLS at that port; put CyberArk:Server of appsettings.json right' };
  const alert = /SSL alert number (\d{1,3})\b/.exec(text)?.[1] ?? '';
  const refused = ALERTS[alert];
  return refused === undefined ? undefined : { code: `TLS alert ${alert}`, remedy: refused };
}
