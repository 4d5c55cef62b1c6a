import { findConnections } from '../../shared/doctor/agent-files.ts';
import { readableMappings } from '../../shared/doctor/check-mappings.ts';
import { describeOrigin } from '../../shared/doctor/describe-settings.ts';
import { sayFailure } from '../../shared/doctor/say-failure.ts';
import type { HoldScope } from '../../shared/limits/hold-rows.ts';
import type { StoppedLogin } from '../../shared/limits/judge-login.ts';
import { loginOf } from '../../shared/servicenow/password-use.ts';
import { oneLine } from './doctor-report.ts';
import { argumentsOf } from './hold-commands.ts';
import type { Tools } from './open-tools.ts';

/** What is known of one connection, without any value of a setting. */
export interface ListedConnection {
  readonly connection: string;
  /** Where each setting comes from. */
  readonly settings: readonly string[];
  readonly faults: readonly string[];
  /** Its login, where ServiceNow refused it. */
  readonly stopped?: { readonly since: string; readonly failures: number; readonly released: boolean };
  /** Why its orders, or those of one resource type, wait. */
  readonly holds: readonly ListedHold[];
  /** How many new tickets there were today (UTC), or are about to be made, in all and by resource types with a limit of their own. */
  readonly newTickets: readonly ListedLimit[];
}

/** A hold, a pause or a reached limit. */
export interface ListedHold {
  readonly resourceType?: string;
  readonly kind: string;
  readonly since: string;
  readonly reason: string;
  /** Whether orders look by themselves if it is over. */
  readonly probed: boolean;
}

/** New tickets of today against their limit. */
export interface ListedLimit {
  readonly resourceType?: string;
  readonly today: number;
  /** With what operators released today; absent where the settings can't be read. */
  readonly limit?: number;
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
  const [held, drawn] = [await tools.holds.all(), await tools.brake.today()];
  const mappings = await readableMappings(tools.readSettings);
  const { identifiers, unread } = await findConnections(tools.readSettings);
  // A hold outlives the settings of its connection.
  const limited = [...held, ...drawn.filter(({ brakedSince }) => brakedSince !== undefined)];
  for (const connection of new Set([...identifiers, ...limited.map(({ scope }) => scope.connection)])) {
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
      holds: [
        ...held
          .filter(({ scope }) => scope.connection === connection)
          .map(({ scope, kind, since, reason, isProbed }) => ({
            ...typeOf(scope),
            ...{ kind, since, reason, probed: isProbed },
          })),
        ...drawn.flatMap(({ scope, brakedSince }) =>
          scope.connection === connection && brakedSince !== undefined
            ? [{ ...typeOf(scope), kind: 'brake', since: brakedSince, reason: 'MaxNewTicketsPerDay', probed: false }]
            : [],
        ),
      ],
      newTickets: limitsOf(connection, settings?.maxNewTicketsPerDay, mappings).map(({ scope, limit }) => {
        const today = drawn.find(
          ({ scope: of }) => of.connection === connection && of.resourceType === scope.resourceType,
        );
        return {
          ...typeOf(scope),
          today: today?.drawn ?? 0,
          ...(limit !== undefined && { limit: limit * (1 + (today?.extra ?? 0)) }),
        };
      }),
    });
  }
  const otherStopped = stops
    .filter((stop) => !mine.has(stop))
    .map(({ login, stoppedAt, failures }) => ({ login, since: stoppedAt.toISOString(), failures }));
  return { connections, unread, otherStopped };
}

function typeOf({ resourceType }: HoldScope) {
  return resourceType === undefined ? {} : { resourceType };
}

/** The connection itself, and the resource types that have a limit of their own. */
function limitsOf(
  connection: string,
  limit: number | undefined,
  mappings: Awaited<ReturnType<typeof readableMappings>>,
): { readonly scope: HoldScope; readonly limit: number | undefined }[] {
  const types = [...mappings].flatMap(([resourceType, mapping]) =>
    mapping.Connection === connection && mapping.MaxNewTicketsPerDay !== undefined
      ? [{ scope: { connection, resourceType }, limit: mapping.MaxNewTicketsPerDay }]
      : [],
  );
  return [{ scope: { connection }, limit }, ...types];
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
  const blocks = connections.map(({ connection, settings, faults, stopped, holds, newTickets }) =>
    [
      connection,
      ...settings.map((setting) => `  ${setting}`),
      ...faults.map((fault) => `  FAULT: ${fault}`),
      stopped
        ? `  Login stopped since ${stopped.since}, refused ${times(stopped.failures)}; ${stopped.released ? 'released for one more try' : `\`npm run connections -- release ${connection}\` allows one more try`}`
        : `  ${faults.length > 0 ? "Which login it uses can't be told" : 'Login not stopped'}`,
      ...(holds.length === 0 ? ['  Not on hold'] : holds.map((hold) => `  ${formatHold(connection, hold)}`)),
      ...newTickets.map(
        ({ resourceType, today, limit }) =>
          `  New tickets today${resourceType === undefined ? '' : ` of resource type ${resourceType}`}: ${today}${limit === undefined ? '' : ` of ${limit}`}`,
      ),
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

/** A hold for people, with what ends it. */
function formatHold(connection: string, { resourceType, kind, since, reason, probed }: ListedHold): string {
  const of = resourceType === undefined ? '' : ` (resource type ${resourceType})`;
  const verb = kind === 'pause' ? 'resume' : 'release';
  const end = `\`npm run connections -- ${verb} ${argumentsOf({ connection, resourceType })}\` ends it`;
  if (kind === 'loss')
    return `TICKETS GONE since ${since}: ${reason}; \`npm run tickets -- accept-loss ${argumentsOf({ connection, resourceType })}\` or \`npm run tickets -- keep ${argumentsOf({ connection, resourceType })}\` ends it`;
  if (kind === 'pause') return `PAUSED${of} since ${since}: ${reason}; ${end}`;
  if (kind === 'brake') return `LIMIT REACHED${of} since ${since}: orders wait until 00:00 UTC; ${end} for today`;
  return `ON HOLD${of} since ${since}, ${probed ? 'one order at a time looks whether it is over' : 'until an operator ends it'}: ${reason}; ${end}`;
}
