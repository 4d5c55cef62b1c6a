import * as z from 'zod/mini';
import { sha256Hex } from '../canonical-json.ts';
import { flag, readAppSection } from '../settings/app-section.ts';
import type { ReadSettings } from '../settings/settings-document.ts';
import { certificateMembers, type LoadCertificate } from './app-certificate.ts';
import { readFileConnection } from './file-connections.ts';
import type { LoadedCertificate } from './load-certificate.ts';
import { unprotectValue } from './protected-value.ts';
import { READ_WITH_CONNECTION_IN_MS, type SettingFault, type SettingSource } from './setting-source.ts';

const FILE = 'appsettings.encrypted.agent.json';

const section = z.object({ UseEncryptedAppsettings: flag, ...certificateMembers });

/** Values opened lately; opening one costs a private RSA operation. */
const MOST_OPENED_KEPT = 1_000;

/**
 * Connection settings from `appsettings.encrypted.agent.json`: the form of the plain file, every value encrypted for the
 * certificate of section `EncryptionCertificate`. Read where `UseEncryptedAppsettings` is true, as an agent does.
 */
export function encryptedFileSource(readSettings: ReadSettings, loadCertificate: LoadCertificate): SettingSource {
  const kept = new Map<string, ReturnType<typeof unprotectValue>>();

  function open(text: string, certificate: LoadedCertificate) {
    const key = `${certificate.thumbprint}\n${text}`;
    const value = kept.get(key) ?? unprotectValue(text, certificate);
    if (kept.size >= MOST_OPENED_KEPT) kept.clear();
    kept.set(key, value);
    return value;
  }

  return {
    name: async () => FILE,
    async read(identifier) {
      const [document, encryption] = await Promise.all([
        readSettings(FILE, READ_WITH_CONNECTION_IN_MS),
        readAppSection(
          readSettings,
          'EncryptionCertificate',
          section,
          Object.keys(section.shape),
          READ_WITH_CONNECTION_IN_MS,
        ),
      ]);
      if (!encryption?.UseEncryptedAppsettings) {
        if (!document) return undefined;
        const warning =
          'is there but not read: set EncryptionCertificate:UseEncryptedAppsettings of appsettings.json to true';
        return { settings: new Map(), faults: [], warnings: [warning] };
      }
      const { texts, faults, warnings } = readFileConnection(document, identifier);
      if (texts.size === 0) return { settings: new Map(), faults, warnings };
      const certificate = await loadCertificate('EncryptionCertificate', encryption);
      if (!certificate) {
        const message = `expected EncryptionCertificate:File or EncryptionCertificate:CertificateAzureKeyVault in appsettings.json, got neither: nothing in ${FILE} can be read`;
        return { settings: new Map(), faults: [...faults, { message }], warnings };
      }
      const opened = await Promise.all(
        [...texts].map(async ([setting, text]) => ({ setting, text, value: await open(text, certificate) })),
      );
      // As in a plain file, an empty setting counts as not given.
      const values = opened.filter(({ value }) => !value.ok || value.value !== '');
      return {
        settings: new Map(
          values.flatMap(({ setting, text, value }) =>
            value.ok ? [[setting, { value: value.value, version: sha256Hex(text, 16) }] as const] : [],
          ),
        ),
        faults: [
          ...faults,
          ...values.flatMap(({ setting, value }): SettingFault[] =>
            value.ok ? [] : [{ setting, message: `${setting}: ${value.fault}` }],
          ),
        ],
        warnings,
        expiring: [
          {
            what: `certificate ${certificate.certificate.subject.replaceAll('\n', ', ')}`,
            expiresOn: certificate.expiresOn,
          },
        ],
      };
    },
  };
}
