import { getCACertificates, setDefaultCACertificates } from 'node:tls';

/**
 * Makes every later TLS connection of this process accept `certificate` (PEM), beside what it accepted before.
 * A child process takes the certificate's file in `NODE_EXTRA_CA_CERTS` instead, which is read when it starts.
 */
export function trustCertificate(certificate: string): void {
  setDefaultCACertificates([...getCACertificates('default'), certificate]);
}
