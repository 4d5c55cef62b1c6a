import type { Config } from '../config.ts';
import { lookAtStorage, type StorageItem, type StorageState } from '../storage/check-storage.ts';
import type { LoadCredential } from '../storage/credential.ts';
import { STORAGE_NAMES } from '../storage/storage-names.ts';
import type { CheckResult } from './check-result.ts';
import { explainNoAnswer } from './explain-no-answer.ts';

interface Look {
  readonly item: StorageItem;
  readonly state: StorageState;
}

/** What the app itself needs; a person who only looks needs the Reader role of the same name. */
const ROLES = {
  queue: 'Storage Queue Data Contributor',
  table: 'Storage Table Data Contributor',
  container: 'Storage Blob Data Contributor',
} as const;

/** Looks at everything the program keeps in storage: what is missing, forbidden or can't be reached. Never throws. */
export async function* checkAppStorage(
  config: Pick<Config, 'storage' | 'appSettingsUrl'>,
  loadCredential: LoadCredential,
): AsyncGenerator<CheckResult> {
  const looks: Look[] = await Promise.all(
    itemsOf(config).map(async (item) => ({ item, state: await lookAtStorage(item, loadCredential) })),
  );
  const results = [...unreachable(looks), ...looks.flatMap(oneFault)];
  yield* results;
  const there = looks.filter(({ state }) => state.kind === 'there').map(({ item }) => item);
  if (there.length > 0) {
    const names = there.map(({ kind, name }) => `${kind} ${name}`).join(', ');
    yield { name: 'storage', status: 'ok', message: `There and readable: ${names}.` };
  }
}

function itemsOf({ storage, appSettingsUrl }: Pick<Config, 'storage' | 'appSettingsUrl'>): StorageItem[] {
  const { queueServiceUrl, tableServiceUrl, blobServiceUrl } = storage;
  return [
    ...STORAGE_NAMES.queue.map((name) => ({ kind: 'queue' as const, name, url: queueServiceUrl })),
    ...STORAGE_NAMES.table.map((name) => ({ kind: 'table' as const, name, url: tableServiceUrl })),
    ...STORAGE_NAMES.container.map((name) => ({
      kind: 'container' as const,
      name,
      url: `${blobServiceUrl.replace(/\/$/, '')}/${name}`,
    })),
    ...(appSettingsUrl === undefined
      ? []
      : [{ kind: 'container' as const, name: nameIn(appSettingsUrl), url: appSettingsUrl }]),
  ];
}

/** One result for each host and reason, not one for everything on it. */
function unreachable(looks: readonly Look[]): CheckResult[] {
  const results = new Map<string, CheckResult>();
  for (const { item, state } of looks) {
    if (state.kind !== 'noAnswer') continue;
    const { reason, remedy } = explainNoAnswer(state.error);
    const { host } = new URL(item.url);
    const message = `Storage ${host} could not be reached: ${reason}.`;
    results.set(message, { name: 'storage', status: 'failed', message, remedy });
  }
  return [...results.values()];
}

function oneFault({ item, state }: Look): CheckResult[] {
  const what = `${item.kind} ${item.name} (${item.url})`;
  const failed = (message: string, remedy: string) => [{ name: 'storage', status: 'failed' as const, message, remedy }];
  if (state.kind === 'missing') {
    return failed(
      `Expected ${what}, found none.`,
      `Create ${item.kind} ${item.name}, or deploy the infrastructure again.`,
    );
  }
  if (state.kind === 'other') {
    return failed(
      `Expected to read ${what}, got ${state.answer}.`,
      state.answer.startsWith('401')
        ? "Sign in to the storage account's own tenant: `az login --tenant <tenant>`."
        : 'Try again; if it stays, look the code up in the documentation of Azure Storage.',
    );
  }
  if (state.kind !== 'forbidden') return [];
  const remedy = state.answer.includes('AuthorizationFailure')
    ? "The account's firewall or network rules may turn this place away: allow its subnet or address."
    : `Give the app's identity the role ${ROLES[item.kind]} on it, and who runs this ${ROLES[item.kind].replace('Contributor', 'Reader')}; a new role takes up to 10 minutes.`;
  return failed(`Reading ${what} is forbidden (${state.answer}).`, remedy);
}

function nameIn(containerUrl: string): string {
  return new URL(containerUrl).pathname.split('/').filter(Boolean).at(-1) ?? containerUrl;
}
