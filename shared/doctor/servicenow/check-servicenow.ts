import type { Clock } from '../../clock.ts';
import { once } from '../../once.ts';
import { ticketMarker } from '../../provisioning/order-key.ts';
import type { ResourceTypeMapping } from '../../provisioning/resource-type-mapping.ts';
import type { ConnectionSettings } from '../../secrets/connection-settings.ts';
import { makeHttp } from '../../servicenow/http.ts';
import { type WatchedHttp, watchHttp } from '../../servicenow/watch-http.ts';
import type { CheckResult } from '../check-result.ts';
import { checkAutoClose } from './check-auto-close.ts';
import { checkCatalog } from './check-catalog.ts';
import type { Check, CheckContext } from './check-context.ts';
import { checkHost } from './check-host.ts';
import { type CheckedLogin, checkLogin } from './check-login.ts';
import { checkMappedChoices } from './check-mapped-choices.ts';
import { checkMappedRecords } from './check-mapped-records.ts';
import { checkQueryTimes } from './check-query-times.ts';
import { checkChoiceAccess, checkTicketAccess, checkUserAccess } from './check-read-access.ts';
import { checkRelease } from './check-release.ts';
import { checkLanguage, checkUserTimeZone } from './check-user-settings.ts';
import { checkWriteAccess } from './check-write-access.ts';
import { checkWriteTest } from './check-write-test.ts';
import { endsEverything, explainFailure } from './explain-failure.ts';
import type { Finding } from './finding.ts';
import { readProperties } from './read-properties.ts';
import { readUser } from './read-user.ts';
import { timeHttp } from './time-http.ts';

/** What the checks of a connection work with. */
export type ServiceNowDeps = Omit<Parameters<typeof checkLogin>[2], 'http'> & {
  readonly clock: Clock;
  readonly installationId: string;
  readonly requestTimeoutInMs: number;
};

/** In the order in which they are made and reported. */
const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ['release', checkRelease],
  ['time zone', checkUserTimeZone],
  ['language', checkLanguage],
  ['read access', checkTicketAccess],
  ['read access', checkUserAccess],
  ['read access', checkChoiceAccess],
  ['write access', checkWriteAccess],
  ['query time', checkQueryTimes],
  ['mapped choices', checkMappedChoices],
  ['mapped records', checkMappedRecords],
  ['catalog', checkCatalog],
  ['auto-close', checkAutoClose],
];

/**
 * Checks one connection against its instance, one call at a time: whether it answers, takes the login, and lets the API
 * user do what the connector does. What ends the login or the instance ends the checks behind it; any other failure is
 * one finding. Makes and cancels a ticket for `writeTest` alone.
 */
export async function* checkServiceNow(
  settings: ConnectionSettings,
  mappings: ReadonlyMap<string, ResourceTypeMapping>,
  deps: ServiceNowDeps,
  options: {
    /** Other connections, which may show why this one's login is refused. */
    readonly others: readonly string[];
    readonly writeTest?: { readonly group: string };
  },
): AsyncGenerator<CheckResult> {
  const timed = timeHttp(makeHttp(settings.identifier, deps.requestTimeoutInMs), deps.clock);
  const watched = watchHttp(timed.http);
  const host = await checkHost(settings, watched);
  yield* host.map((finding) => ({ name: 'host', ...finding }));
  if (host.some(({ status }) => status === 'failed')) {
    yield { name: 'login', status: 'skipped', message: 'Not tried: the host has to answer as it should first.' };
    return;
  }
  const { finding, instance } = await signIn(settings, options.others, deps, watched);
  yield { name: 'login', ...finding };
  if (!instance) return;

  const { tables } = instance;
  const context: CheckContext = {
    instance,
    tables,
    mappings,
    marker: ticketMarker(deps.installationId, settings.identifier),
    clock: deps.clock,
    log: deps.log,
    lastCallTookInMs: timed.lastTookInMs,
    user: once(() => readUser(tables, instance.settings.credentials)),
    properties: once(() => readProperties(tables)),
  };
  const { writeTest } = options;
  const checks = writeTest
    ? [...CHECKS, ['write test', (with_: CheckContext) => checkWriteTest(with_, writeTest.group)] as const]
    : CHECKS;
  for (const [index, [name, check]] of checks.entries()) {
    try {
      yield* (await check(context)).map((found) => ({ name, ...found }));
    } catch (error) {
      yield { name, ...explainFailure(error, instance.host, watched.last()) };
      if (!endsEverything(error, watched.last())) continue;
      const left = [...new Set(checks.slice(index + 1).map(([other]) => other))];
      if (left.length > 0)
        yield { name, status: 'skipped', message: `Not looked at for that reason: ${left.join(', ')}.` };
      return;
    }
  }
}

async function signIn(
  settings: ConnectionSettings,
  others: readonly string[],
  deps: ServiceNowDeps,
  watched: WatchedHttp,
): Promise<CheckedLogin> {
  try {
    return await checkLogin(settings, others, { ...deps, http: watched.http });
  } catch (error) {
    const finding: Finding = explainFailure(error, new URL(settings.server).host, watched.last());
    return { finding, instance: undefined };
  }
}
