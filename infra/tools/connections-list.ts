import { findConnections } from '../../shared/doctor/agent-files.ts';
import { describeOrigin } from '../../shared/doctor/describe-settings.ts';
import { sayFailure } from '../../shared/doctor/say-failure.ts';
import type { StoppedLogin } from '../../shared/limits/judge-login.ts';
import { loginOf } from '../../shared/servicenow/password-use.ts';
import { oneLine } from './doctor-report.ts';
import type { Tools } from './open-tools.ts';

/** What is known of one connection, without any value of a setting. */
export interface ListedConnection {
  readonly connection: string;
  /** Where each setting comes from. */
  readonly settings: readonly string[];
  readonly faults: readonly string[];
  /** Its login, where ServiceNow refused it. */
  readonly stopped?: { readonly since: string; readonly failures: number; readonly released: boolean };
}

/** Lists all known connections, and the logins that are stopped and belong to none of them. @throws UnavailableError. */
export async function listConnections(tools: Tools): Promise<{
  readonly connections: readonly ListedConnection[];
  /** Settings files that could not be read and may name more connections. */
  readonly unread: readonly string[];
  readonly otherStopped: readonly { readonly login: string; readonly since: string; readonly failures: number }[];
}> {
  const stops = await tools.logins.all();
  const mine = new Set<StoppedLogin>();
  const connections: ListedConnection[] = [];
  const { identifiers, unread } = await findConnections(tools.readSettings);
  for (const connection of identifiers) {
    const { settings, faults, origins } = await inspect(tools, connection);
    const stop = settings && stops.find(({ login }) => login === loginOf(settings));
    if (stop) mine.add(stop);
    connections.push({
      connection,
      settings: origins.map(describeOrigin),
      faults,
      ...(stop && {
        stopped: { since: stop.stoppedAt.toISOString(), failures: stop.failures, released: stop.isReleased },
      }),
    });
  }
  const otherStopped = stops
    .filter((stop) => !mine.has(stop))
    .map(({ login, stoppedAt, failures }) => ({ login, since: stoppedAt.toISOString(), failures }));
  return { connections, unread, otherStopped };
}

async function inspect({ connections }: Tools, identifier: string) {
  try {
    return await connections.inspect(identifier, 0);
  } catch (error) {
    return { settings: undefined, faults: [sayFailure(error)], origins: [] };
  }
}

/** The list for people. */
export function formatConnections({
  connections,
  unread,
  otherStopped,
}: Awaited<ReturnType<typeof listConnections>>): string {
  const blocks = connections.map(({ connection, settings, faults, stopped }) =>
    [
      connection,
      ...settings.map((setting) => `  ${setting}`),
      ...faults.map((fault) => `  FAULT: ${fault}`),
      stopped
        ? `  Login stopped since ${stopped.since}, refused ${times(stopped.failures)}; ${stopped.released ? 'released for one more try' : `\`npm run connections -- release ${connection}\` allows one more try`}`
        : `  ${faults.length > 0 ? "Which login it uses can't be told" : 'Login not stopped'}`,
    ]
      .map(oneLine)
      .join('\n'),
  );
  const others = otherStopped.map(({ login, since, failures }) =>
    oneLine(`Another login is stopped: ${login}, since ${since}, refused ${times(failures)}`),
  );
  if (unread.length > 0) others.push(`${unread.join(', ')} can't be read: \`npm run doctor\` says why`);
  else if (blocks.length === 0) blocks.push('No mapping and no settings file names a connection.');
  return [...blocks, ...others].join('\n\n');
}

function times(number: number): string {
  return number === 1 ? 'once' : `${number} times`;
}
