/*
 * What nothing can be faster than: loads `@azure/functions` alone and makes the requests that a first order needs, with
 * the same concurrency and in the same order of dependence as the app, by bare `fetch`. The environment variables are the
 * app's. `node --eval <this file> <identifier of the connection> <its settings, by commas> <Server>`; without arguments
 * nothing but the library is loaded. It writes how long the import took, in ms.
 */
import './functions-core.ts';

const [, connection, settings = '', server = ''] = process.argv;
const { env } = process;

const started = performance.now();
await import('@azure/functions');
process.stdout.write(String(performance.now() - started));

async function authorize(resource: string): Promise<{ Authorization: string }> {
  const url = `${env.IDENTITY_ENDPOINT}?api-version=2019-08-01&resource=${encodeURIComponent(resource)}`;
  const answer = await fetch(url, { headers: { 'X-IDENTITY-HEADER': env.IDENTITY_HEADER ?? '' } });
  return { Authorization: `Bearer ${JSON.parse(await answer.text()).access_token}` };
}

/** All requests to storage are made with the same token. */
let storage: ReturnType<typeof authorize> | undefined;

async function askStorage(url: string, accept: string, body?: object): Promise<void> {
  storage ??= authorize('https://storage.azure.com');
  const answer = await fetch(url, {
    headers: {
      ...(await storage),
      Accept: accept,
      'x-ms-version': '2024-11-04',
      ...(body && { 'Content-Type': 'application/json', Prefer: 'return-no-content' }),
    },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
  // Most settings files are not there, and need not be.
  if (!answer.ok && answer.status !== 404) throw new Error(`Expected to ask ${url}, got status ${answer.status}`);
  await answer.text();
}

const readFiles = (...names: readonly string[]) =>
  Promise.all(names.map((name) => askStorage(`${env.APPSETTINGS_URL}/${name}`, '*/*')));

function readTable(table: string, filter: string): Promise<void> {
  const url = `${env.ConnectorStorage__tableServiceUri}/${table}()?$filter=${encodeURIComponent(filter)}`;
  return askStorage(url, 'application/json');
}

async function readSecrets(names: readonly string[]): Promise<void> {
  // The first caller that is refused asks for the token, and all others wait for the same one.
  let token: ReturnType<typeof authorize> | undefined;
  await Promise.all(
    names.map(async (name) => {
      const url = `${env.KEY_VAULT_URL}/secrets/${name}/?api-version=2025-07-01`;
      await (await fetch(url)).text();
      token ??= authorize('https://vault.azure.net');
      await (await fetch(url, { headers: await token })).text();
    }),
  );
}

if (connection !== undefined) {
  await readFiles('appsettings.agent.json');
  await Promise.all([
    readFiles('appsettings.json', 'appsettings.encrypted.agent.json', 'appsettings.connection.json'),
    readSecrets(settings.split(',').map((setting) => `Connections--${connection}--${setting}`)),
  ]);
  // Whether the login is stopped, the order's rows, and a permit to send the password.
  const login = "PartitionKey eq 'login' and RowKey ge 'x.' and RowKey lt 'x.~'";
  await readTable('limits', login);
  await readTable('tickets', `PartitionKey eq '${connection}' and RowKey ge '0.' and RowKey lt '0/'`);
  await readTable('limits', login);
  const row = { PartitionKey: 'bench', RowKey: crypto.randomUUID() };
  await askStorage(`${env.ConnectorStorage__tableServiceUri}/limits`, 'application/json;odata=nometadata', row);
  await (await fetch(`${server}/sys_user?sysparm_limit=1`)).text();
}
