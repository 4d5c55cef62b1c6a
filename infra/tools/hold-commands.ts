import { connectionNamedBy, findConnections } from '../../shared/doctor/agent-files.ts';
import { sayFailure } from '../../shared/doctor/say-failure.ts';
import { describeScope, type HoldScope } from '../../shared/limits/hold-rows.ts';
import { neutralLine } from '../../shared/neutral-text.ts';
import { loginOf } from '../../shared/servicenow/password-use.ts';
import { readFileMappings } from '../../shared/settings/file-mappings.ts';
import type { Tools } from './open-tools.ts';

/** What an operator's command is about. */
export interface OpenedScope {
  readonly scope: HoldScope;
  /** Said where nothing names it: it may be misspelt. */
  readonly warning: string | undefined;
}

/** What a command did, a sentence each, and what it could not do. */
export interface Done {
  readonly done: readonly string[];
  readonly problems: readonly string[];
}

/** The scope that was named, and whether any setting or mapping names it too. Never fails for what can't be read. */
export async function openScope(
  { readSettings }: Tools,
  connection: string,
  resourceType: string | undefined,
): Promise<OpenedScope> {
  const scope: HoldScope = { connection, ...(resourceType !== undefined && { resourceType }) };
  const { identifiers, unread } = await findConnections(readSettings);
  if (unread.length > 0) return { scope, warning: undefined };
  if (!identifiers.includes(connection)) {
    const known = identifiers.length > 0 ? identifiers.join(', ') : 'none';
    return { scope, warning: `No setting and no mapping names connection ${connection}; known: ${known}` };
  }
  if (resourceType === undefined) return { scope, warning: undefined };
  const { mappings } = await readFileMappings(readSettings);
  const mapped = [...mappings].filter(([, data]) => connectionNamedBy(data) === connection).map(([type]) => type);
  const warning = mapped.includes(resourceType)
    ? undefined
    : `No mapping sends resource type ${resourceType} to connection ${connection}; mapped: ${mapped.join(', ') || 'none'}`;
  return { scope, warning };
}

/** Pauses a scope for all instances. @throws UnavailableError. */
export async function pause(tools: Tools, { scope, warning }: OpenedScope, reason: string): Promise<Done> {
  if (warning !== undefined) return { done: [], problems: [`${line(warning)}: nothing was paused.`] };
  await tools.holds.place(scope, 'pause', reason);
  const pauses = (await tools.holds.all()).filter(({ kind }) => kind === 'pause');
  const placed = pauses.find((hold) => isSame(hold.scope, scope));
  if (!placed) return { done: [], problems: ['Table limits can not be written: nothing was paused.'] };
  const within = tools.config.limitsMaxAgeInMs / 1000;
  return {
    done: [
      `${nameOf(scope)} is paused since ${placed.since} (${line(placed.reason)}); every instance keeps to it within ${within} seconds. \`npm run connections -- resume ${argumentsOf(scope)}\` ends it.`,
    ],
    problems: [],
  };
}

/** Ends a pause. @throws UnavailableError. */
export async function resume(tools: Tools, { scope, warning }: OpenedScope): Promise<Done> {
  if (!(await tools.holds.end(scope, 'pause')))
    return {
      done: [],
      problems: [line(`${nameOf(scope)} is not paused: nothing to resume.${warning ? ` ${warning}.` : ''}`)],
    };
  return { done: [`${nameOf(scope)} is not paused any more. ${comeBack(tools)}`], problems: [] };
}

/**
 * Ends holds and reached limits of a scope, those of a connection's resource types too, and allows one more try of its stopped login.
 *
 * @throws UnavailableError.
 */
export async function release(tools: Tools, { scope, warning }: OpenedScope): Promise<Done> {
  const done: string[] = [];
  const problems: string[] = [];
  const isMeant = (other: HoldScope) =>
    isSame(other, scope) || (scope.resourceType === undefined && other.connection === scope.connection);
  const all = (await tools.holds.all()).filter((hold) => isMeant(hold.scope));
  for (const { scope: held, kind } of all) {
    if (kind !== 'pause' && kind !== 'loss' && (await tools.holds.end(held, 'others')))
      done.push(`${nameOf(held)} is not on hold any more.`);
  }
  for (const { scope: limited, brakedSince, drawn, extra } of await tools.brake.today()) {
    if (!isMeant(limited) || brakedSince === undefined || !(await tools.brake.release(limited))) continue;
    const more = Math.round(drawn / (extra + 1));
    done.push(`${nameOf(limited)} may make ${more} more new tickets today.`);
  }
  if (done.length > 0) done.push(comeBack(tools));
  if (scope.resourceType === undefined) {
    const login = await releaseLogin(tools, scope.connection);
    if (login === 'released')
      done.push(
        `The login of connection ${line(scope.connection)} may be tried once more, at its next use. If ServiceNow refuses it again, it is stopped again.`,
      );
    else if (login !== 'notStopped' && done.length === 0) problems.push(login);
  }
  if (done.length === 0 && problems.length === 0)
    problems.push(
      line(
        scope.resourceType === undefined
          ? `Connection ${scope.connection} is not on hold, and its login is not stopped: nothing to release.`
          : `${nameOf(scope)} is not on hold: nothing to release.${warning ? ` ${warning}.` : ''}`,
      ),
    );
  for (const { scope: held, kind } of all) {
    if (kind === 'pause')
      done.push(`${nameOf(held)} stays paused: \`npm run connections -- resume ${argumentsOf(held)}\` ends that.`);
    if (kind === 'loss')
      done.push(
        `${nameOf(held)} stays on hold, for tickets are gone: \`npm run tickets -- accept-loss ${argumentsOf(held)}\` or \`npm run tickets -- keep ${argumentsOf(held)}\` ends that.`,
      );
  }
  return { done, problems };
}

async function releaseLogin({ connections, logins }: Tools, connection: string): Promise<string> {
  try {
    const isReleased = await logins.release(loginOf(await connections.read(connection, 0)));
    return isReleased ? 'released' : 'notStopped';
  } catch (error) {
    return sayFailure(error);
  }
}

function comeBack({ config }: Tools): string {
  return `Orders that wait come back by themselves within ${config.holdInMs / 1000} seconds.`;
}

function isSame(a: HoldScope, b: HoldScope): boolean {
  return a.connection === b.connection && a.resourceType === b.resourceType;
}

/** A scope for people, with its connection. */
export function nameOf(scope: HoldScope): string {
  const name = describeScope(scope);
  return line(
    scope.resourceType === undefined ? `C${name.slice(1)}` : `R${name.slice(1)} (connection ${scope.connection})`,
  );
}

/** How a scope is named on the command line. */
export function argumentsOf({ connection, resourceType }: HoldScope): string {
  return line(resourceType === undefined ? connection : `${connection} --resource-type ${resourceType}`);
}

function line(text: string): string {
  return neutralLine(text, 1_000);
}
