import { readFile } from 'node:fs/promises';
import { buildConnections } from '../../shared/build-connections.ts';
import { systemClock as clock } from '../../shared/clock.ts';
import { type Config, readConfig } from '../../shared/config.ts';
import { describeIdentity } from '../../shared/doctor/describe-identity.ts';
import { type KeptLog, keptLog } from '../../shared/doctor/kept-log.ts';
import { messageOf } from '../../shared/errors.ts';
import { isLoopback } from '../../shared/is-loopback.ts';
import { once } from '../../shared/once.ts';
import { type LoadCredential, makeManagedIdentities } from '../../shared/storage/credential.ts';
import { readEnvironmentFile } from '../local/environment-file.ts';
import { makeIdentityCredential } from '../local/identity-credential.ts';
import { trustCertificate } from '../local/trust-certificate.ts';

/** What the operators' commands work with: the parts that the functions work with, and where they log to. */
export interface Tools extends ReturnType<typeof buildConnections> {
  readonly config: Config;
  readonly loadCredential: LoadCredential;
  readonly clock: typeof clock;
  readonly random: () => number;
  readonly log: KeptLog;
  /** Whom the command runs as; `unknown` where nobody could sign in. */
  identity(): Promise<string>;
}

/** The tools, or why there are none. */
export type OpenedTools =
  | { readonly ok: true; readonly tools: Tools }
  | { readonly ok: false; readonly message: string; readonly remedy: string };

type Settings = Readonly<Record<string, string | undefined>>;
type CredentialOf = (clientId: string | undefined) => LoadCredential;

const LONGEST_SIGN_IN_IN_MS = 20_000;

/**
 * Opens the environment that the app settings of this process name, else the one that `npm start` keeps running. In the
 * cloud the identity is the signed-in person's; where an identity endpoint is, it is the managed identity's.
 */
export async function openTools(): Promise<OpenedTools> {
  try {
    const found = await findEnvironment();
    if (!found) {
      return {
        ok: false,
        message: 'Expected an environment to look at, found none.',
        remedy:
          'Run `npm start` for the local one, or set the app settings as the function app has them (ConnectorStorage__queueServiceUri and so on).',
      };
    }
    return { ok: true, tools: build(readConfig(found.settings), found.credentialOf) };
  } catch (error) {
    return { ok: false, message: messageOf(error), remedy: 'Set the app settings as the function app needs them.' };
  }
}

async function findEnvironment(): Promise<{ settings: Settings; credentialOf: CredentialOf } | undefined> {
  if (process.env.ConnectorStorage__queueServiceUri) {
    return {
      settings: process.env,
      credentialOf: process.env.IDENTITY_ENDPOINT ? makeManagedIdentities() : signedIn(),
    };
  }
  const running = await readEnvironmentFile();
  if (!running) return undefined;
  trustCertificate(await readFile(running.caFile, 'utf8'));
  const credential = makeIdentityCredential(running.identity);
  return { settings: running.settings, credentialOf: () => async () => credential };
}

/** The person who signed in on this machine, whatever identity the app itself would use; in a pipeline, its identity. */
function signedIn(): CredentialOf {
  const load = once(async () => new (await import('@azure/identity')).DefaultAzureCredential());
  return () => load;
}

function build(config: Config, credentialOf: CredentialOf): Tools {
  const log = keptLog();
  const loadCredential = credentialOf(config.identityClientId);
  const random = Math.random;
  return {
    ...buildConnections({ config, directory: process.cwd(), credentialOf, clock, random, log }),
    config,
    loadCredential,
    clock,
    random,
    log,
    async identity() {
      try {
        const abortSignal = AbortSignal.timeout(LONGEST_SIGN_IN_IN_MS);
        const credential = await loadCredential();
        const token = await credential.getToken('https://storage.azure.com/.default', { abortSignal });
        return describeIdentity(token?.token ?? '', isLoopback(config.storage.queueServiceUrl));
      } catch {
        // The check of storage says why.
        return 'unknown';
      }
    },
  };
}
