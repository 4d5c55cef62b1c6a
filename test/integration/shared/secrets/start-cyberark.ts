import { makeRsaCertificate } from '../../../../infra/local/certificate.ts';
import { type CyberArk, startCyberArk } from '../../../../infra/local/cyberark.ts';
import { trustCertificate } from '../../../../infra/local/trust-certificate.ts';
import { type CyberArkConfiguration, cyberArkSource } from '../../../../shared/secrets/cyberark.ts';
import type { SettingSource } from '../../../../shared/secrets/setting-source.ts';
import { runCertificate } from '../../../lease-account.ts';

/** The password of the account that every started CyberArk has; no message may have it. */
export const CANARY = 'canary-4711-secret';

/** The CA that every started CyberArk trusts. */
const clientCa = await makeRsaCertificate({ commonName: 'client CA' });
/** A client certificate of it. */
export const client = await makeRsaCertificate({ commonName: 'connector', issuer: clientCa });

/** A CyberArk with account `Desk` in safe `Tickets`, for the application `connector` and its client certificate. */
export interface StartedCyberArk extends CyberArk {
  readonly clientCa: typeof clientCa;
  /** What a source with the right certificate needs. */
  readonly configuration: CyberArkConfiguration;
  /** A source for accounts by setting; `more` goes over the configuration. */
  source(accounts: Readonly<Record<string, string>>, more?: Partial<CyberArkConfiguration>): SettingSource;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts one on the loopback; `await using` ends it. */
export async function startCyberArkForTests(): Promise<StartedCyberArk> {
  const certificate = runCertificate();
  trustCertificate(certificate.certificate);
  const cyberArk = await startCyberArk({
    certificate,
    clientCa: clientCa.certificate,
    appId: 'connector',
    safe: 'Tickets',
    accounts: [{ name: 'Desk', userName: 'svc-desk', address: 'https://desk.contoso.com', content: CANARY }],
  });
  const configuration = { server: cyberArk.url, safeName: 'Tickets', applicationId: 'connector', client };
  return {
    ...cyberArk,
    clientCa,
    configuration,
    source: (accounts, more) => sourceOf({ ...configuration, ...more }, accounts),
    [Symbol.asyncDispose]: cyberArk.close,
  };
}

/** The source under test, with accounts as the settings file has them. */
export function sourceOf(
  configuration: CyberArkConfiguration | undefined,
  accounts: Readonly<Record<string, string>>,
  timeoutInMs?: number,
): SettingSource {
  return cyberArkSource({
    loadConfiguration: async () => configuration,
    loadAccounts: async () => ({ accounts: new Map(Object.entries(accounts)), faults: [], warnings: [] }),
    ...(timeoutInMs !== undefined && { timeoutInMs }),
  });
}
