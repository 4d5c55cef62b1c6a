import * as z from 'zod/mini';
import { HoldError } from '../errors.ts';
import { flag, optionalText, readAppSection } from '../settings/app-section.ts';
import type { ReadSettings } from '../settings/settings-document.ts';
import { certificateMembers, type LoadCertificate } from './app-certificate.ts';
import type { CyberArkConfiguration } from './cyberark.ts';
import { readFileConnection } from './file-connections.ts';
import { READ_WITH_CONNECTION_IN_MS } from './setting-source.ts';

/** The file that names the account of each setting; the documentation spells it both ways. */
const ACCOUNT_FILES = ['appsettings.cyberark.agent.json', 'appsettings.cyberArk.agent.json'];

const section = z.object({
  UseCyberArkSetting: flag,
  SafeName: optionalText,
  ApplicationId: optionalText,
  Server: optionalText,
  ...certificateMembers,
});

/**
 * Reads how CyberArk's Central Credential Provider is reached (section `CyberArk` of `appsettings.json`) and which account
 * gives which setting (`appsettings.cyberark.agent.json`).
 */
export function makeLoadCyberArk(readSettings: ReadSettings, loadCertificate: LoadCertificate) {
  return {
    /** `undefined` unless `UseCyberArkSetting` is true. @throws HoldError that lists the members that are missing. */
    async loadConfiguration(): Promise<CyberArkConfiguration | undefined> {
      const names = Object.keys(section.shape);
      const found = await readAppSection(readSettings, 'CyberArk', section, names, READ_WITH_CONNECTION_IN_MS);
      if (!found?.UseCyberArkSetting) return undefined;
      const { Server: server, SafeName: safeName, ApplicationId: applicationId } = found;
      if (server === undefined || safeName === undefined || applicationId === undefined) {
        const missing = (['Server', 'SafeName', 'ApplicationId'] as const).filter((name) => found[name] === undefined);
        throw new HoldError(
          'settings',
          `CyberArk of appsettings.json: expected Server, SafeName and ApplicationId, got no ${missing.join(', no ')}`,
        );
      }
      const certificate = await loadCertificate('CyberArk', found);
      if (!certificate) return { server, safeName, applicationId };
      const { certificatePem, chainPem, privateKeyPem: key } = certificate;
      return { server, safeName, applicationId, client: { certificate: [certificatePem, ...chainPem].join(''), key } };
    },

    /** The account of each setting of a connection. */
    async loadAccounts(identifier: string) {
      const documents = await Promise.all(ACCOUNT_FILES.map((file) => readSettings(file, READ_WITH_CONNECTION_IN_MS)));
      const { texts, faults, warnings } = readFileConnection(
        documents.find((document) => document),
        identifier,
      );
      return { accounts: texts, faults, warnings };
    },
  };
}
