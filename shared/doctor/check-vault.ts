import type { Config } from '../config.ts';
import { HoldError } from '../errors.ts';
import { PASSWORDS_ROLE } from '../passwords/password-vault.ts';
import type { SecretClients } from '../secrets/secret-clients.ts';
import type { LoadVaultLocation } from '../secrets/vault-location.ts';
import { vaultRefusal } from '../secrets/vault-refusal.ts';
import { statusOf } from '../storage/storage-failure.ts';
import type { CheckResult } from './check-result.ts';
import { explainNoAnswer } from './explain-no-answer.ts';
import { sayFailure } from './say-failure.ts';

/** No connection has such a secret: "not found" is the answer of a vault that lets one read. */
const NO_SECRET = 'ServiceNow-ticket-connector-doctor-looks-for-nothing';
const LONGEST_IN_MS = 20_000;
const SETTLES = 'Put that right; the app reads its settings again within some minutes.';

/** A vault as a check names and finds it. */
interface CheckedVault {
  readonly name: string;
  readonly locate: LoadVaultLocation;
  /** What it means that none is configured. */
  readonly absent: string;
  /** What an identity that it turns away needs; that of connections has a role by its name. */
  readonly role?: string;
}

/** Looks at the vault of connection settings. Never throws. */
export async function checkVault(deps: {
  readonly loadLocation: LoadVaultLocation;
  readonly clients: SecretClients;
}): Promise<CheckResult> {
  const absent = 'No Key Vault is configured: connection settings come from the other sources.';
  return check({ name: 'vault', locate: deps.loadLocation, absent }, deps.clients);
}

/** Looks at the vault of passwords; that it may be written to is not tried, for nothing may be left there. Never throws. */
export async function checkPasswordVault(deps: {
  readonly config: Pick<Config, 'passwordVaultUrl' | 'identityClientId'>;
  readonly clients: SecretClients;
}): Promise<CheckResult> {
  const { passwordVaultUrl: url, identityClientId: clientId } = deps.config;
  const locate = async () => (url === undefined ? undefined : { url, clientId });
  const absent = 'No vault of passwords is configured (PASSWORD_VAULT_URL): password resets that need one wait.';
  return check({ name: 'password vault', locate, absent, role: PASSWORDS_ROLE }, deps.clients);
}

/** Reads a secret that nobody has, so as to see whether the vault can be reached and read. */
async function check({ name, locate, absent, role }: CheckedVault, clients: SecretClients): Promise<CheckResult> {
  let url = '';
  const readable = () => {
    const message = `Key Vault ${url} can be reached and its secrets may be read.`;
    return { name, status: 'ok', message } as const;
  };
  try {
    const location = await locate();
    if (!location) return { name, status: 'ok', message: absent };
    url = location.url;
    const client = await clients(location);
    await client.getSecret(NO_SECRET, { abortSignal: AbortSignal.timeout(LONGEST_IN_MS) });
    return readable();
  } catch (error) {
    if (url === '') return { name, status: 'failed', message: `${sayFailure(error)}.`, remedy: whereTo(error) };
    const status = statusOf(error);
    if (status === 404) return readable();
    return { name, status: 'failed', ...explain(error, status, `Key Vault ${url}`, role) };
  }
}

function whereTo(error: unknown): string {
  return error instanceof HoldError ? SETTLES : 'See the checks of storage and settings files.';
}

function explain(
  error: unknown,
  status: number | undefined,
  vault: string,
  role: string | undefined,
): { message: string; remedy: string } {
  if (status === undefined) {
    const { reason, remedy } = explainNoAnswer(error);
    return { message: `${vault} could not be reached: ${reason}.`, remedy };
  }
  if (status === 403) {
    const [message = '', ...rest] = vaultRefusal(error, role).split(': ');
    const remedy = rest.join(': ');
    return {
      message: `Reading secrets of ${vault} was ${message}.`,
      remedy: `${remedy.charAt(0).toUpperCase()}${remedy.slice(1)}. A new role takes up to 10 minutes; who runs this needs it too.`,
    };
  }
  if (status === 429) {
    return {
      message: `${vault} turns calls away because there are too many (429).`,
      remedy: 'Wait a minute. If it stays, look for who else reads that vault all the time, or use a vault of its own.',
    };
  }
  if (status === 401) {
    return {
      message: `${vault} does not take the token of this identity (401).`,
      remedy: "Sign in to the vault's own tenant: `az login --tenant <tenant>`.",
    };
  }
  return {
    message: `${vault} answered ${status}.`,
    remedy: 'Try again; if it stays, look at the health of the vault.',
  };
}
