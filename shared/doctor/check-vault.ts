import { HoldError } from '../errors.ts';
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

/** Reads a secret that nobody has, so as to see whether the vault can be reached and read. Never throws. */
export async function checkVault(deps: {
  readonly loadLocation: LoadVaultLocation;
  readonly clients: SecretClients;
}): Promise<CheckResult> {
  const name = 'vault';
  let url = '';
  try {
    const location = await deps.loadLocation();
    if (!location) {
      const message = 'No Key Vault is configured: connection settings come from the other sources.';
      return { name, status: 'ok', message };
    }
    url = location.url;
    const client = await deps.clients(location);
    await client.getSecret(NO_SECRET, { abortSignal: AbortSignal.timeout(LONGEST_IN_MS) });
    return readable(url);
  } catch (error) {
    if (url === '') return { name, status: 'failed', message: `${sayFailure(error)}.`, remedy: whereTo(error) };
    const status = statusOf(error);
    if (status === 404) return readable(url);
    return { name, status: 'failed', ...explain(error, status, `Key Vault ${url}`) };
  }
}

function readable(url: string): CheckResult {
  return { name: 'vault', status: 'ok', message: `Key Vault ${url} can be reached and its secrets may be read.` };
}

function whereTo(error: unknown): string {
  return error instanceof HoldError ? SETTLES : 'See the checks of storage and settings files.';
}

function explain(error: unknown, status: number | undefined, vault: string): { message: string; remedy: string } {
  if (status === undefined) {
    const { reason, remedy } = explainNoAnswer(error);
    return { message: `${vault} could not be reached: ${reason}.`, remedy };
  }
  if (status === 403) {
    const [message = '', ...rest] = vaultRefusal(error).split(': ');
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
