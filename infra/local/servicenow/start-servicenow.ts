import { EventEmitter, once } from 'node:events';
import { listen } from '../listen.ts';
import { makeAccess } from './access/access.ts';
import { makeApiGates } from './access/api-gates.ts';
import { makeAttachmentApi } from './attachment-api/attachment-api.ts';
import { makeAccounts } from './auth/accounts.ts';
import { makeFindOauthClient } from './auth/find-oauth-client.ts';
import { makeOauthToken } from './auth/oauth-token.ts';
import { makeTokens } from './auth/tokens.ts';
import { makeControlPort } from './control/control-port.ts';
import { cloneOver } from './data/clone-over.ts';
import { makeDatabase } from './data/database.ts';
import { makeDictionary } from './data/dictionary.ts';
import { formatTime } from './data/format-time.ts';
import { makeProperties } from './data/properties.ts';
import { followUpsByTable } from './data/rules/follow-ups-by-table.ts';
import { rulesByTable } from './data/rules/rules-by-table.ts';
import { fulfiller, seed } from './data/seed.ts';
import { allTables } from './data/tables/all-tables.ts';
import { makeZoneOfUser } from './data/zone-of-user.ts';
import { makeFaults } from './faults/faults.ts';
import { makeRecordPage } from './pages/record-page.ts';
import { selectRecords } from './query/select-records.ts';
import { makeRandom } from './random.ts';
import { makeHandleRequest } from './requests/handle-request.ts';
import { makeListener } from './requests/make-listener.ts';
import { receiveRequest } from './requests/receive-request.ts';
import { makeRequestLog } from './requests/request-log.ts';
import { sendAnswer } from './requests/send-answer.ts';
import { makeService } from './requests/serve.ts';
import { makeCatalogApi } from './service-catalog/catalog-api.ts';
import type { ServiceNow } from './servicenow.ts';
import { makeStatsApi } from './stats-api/stats-api.ts';
import { makeTableApi } from './table-api/table-api.ts';

export type { FaultRule } from './faults/fault-rule.ts';
export type { ServiceNow } from './servicenow.ts';

export interface ServiceNowOptions {
  /** Default: a free port. */
  port?: number;
  /** Default: a free port. */
  controlPort?: number;
  /** How many users to generate beside those that are always there. Default: 0. */
  users?: number;
  /** How long every answer takes. Default: 0. */
  latencyInMs?: number;
  /** Fixes ids, credentials, generated users and the dice of fault rules. Default: 1. */
  seed?: number;
  /** The instance's clock. Default: the machine's. */
  now?: () => Date;
  /** The life of an access token. Default: 1800 s, the base system's. */
  accessTokenLifetimeInSeconds?: number;
  /** `glide.invalid_query.returns_no_rows`. Default: false, invalid conditions are left out. */
  invalidQueryReturnsNoRows?: boolean;
  /** A release that says why it refuses a login. Default: false, one 401 for everything. */
  explainsRefusals?: boolean;
}

/** When generated users were made: nobody has just changed them. */
const GENERATED_AGO_IN_MS = 30 * 86_400_000;

/** Starts a ServiceNow instance on the loopback, with an API user, a service desk and a control port. */
export async function startServiceNow(options: ServiceNowOptions = {}): Promise<ServiceNow> {
  const { now = () => new Date(), users = 0, latencyInMs = 0, accessTokenLifetimeInSeconds = 1800 } = options;
  const { explainsRefusals = false, invalidQueryReturnsNoRows = false } = options;
  const random = makeRandom(options.seed ?? 1);
  const login = 'identity.manager';
  const password = random.hex(24);
  const clientId = random.hex(32);
  const clientSecret = random.hex(32);

  const database = makeDatabase({
    dictionary: makeDictionary(allTables),
    rules: rulesByTable,
    followUps: followUpsByTable,
    newSysId: () => random.hex(32),
    now,
  });
  seed(database, {
    login,
    password,
    clientId,
    clientSecret,
    users,
    random,
    at: formatTime(new Date(now().getTime() - GENERATED_AGO_IN_MS)),
  });
  const properties = makeProperties(database);
  const access = makeAccess(database);
  const accounts = makeAccounts(database, now);
  const tokens = makeTokens(random, accessTokenLifetimeInSeconds, now);
  // Dice of their own: the same requests meet the same faults whatever records are made between them.
  const faults = makeFaults(makeRandom((options.seed ?? 1) + 1));
  const log = makeRequestLog();
  const files = new Map<string, Buffer>();
  const zoneOfUser = makeZoneOfUser(properties);
  let url = '';
  const origin = () => url;
  const handle = makeHandleRequest({
    ...makeApiGates(properties, access),
    accounts,
    tokens,
    explainsRefusals,
    oauthToken: makeOauthToken({
      database,
      properties,
      accounts,
      tokens,
      findClient: makeFindOauthClient(database),
      explainsRefusals,
    }),
    tableApi: makeTableApi({ database, access, properties, zoneOfUser, origin, invalidQueryReturnsNoRows }),
    catalogApi: makeCatalogApi({ database, access, properties }),
    statsApi: makeStatsApi({ database, access, zoneOfUser, invalidQueryReturnsNoRows }),
    attachmentApi: makeAttachmentApi({ database, access, files, zoneOfUser, origin, invalidQueryReturnsNoRows }),
    page: makeRecordPage(database),
  });
  const commits = new EventEmitter<{ commit: [] }>();
  const service = makeService({
    handle: (request) => {
      const answer = handle(request);
      if (answer.committed) commits.emit('commit');
      return answer;
    },
    faults,
    log,
    latencyInMs,
    now,
  });
  const records = {
    records: (table: string, encodedQuery?: string) => selectRecords(database, table, encodedQuery),
    hide: (table: string, sysId: string, hidden = true) => database.hide(table, sysId, hidden),
    insert: (table: string, values: Record<string, string>, as = fulfiller) => database.insert(table, values, as),
    update: (table: string, sysId: string, values: Record<string, string>, as = fulfiller) =>
      database.update(table, sysId, values, as),
    remove: (table: string, sysId: string, as = fulfiller) => {
      database.remove(table, sysId, as);
      files.delete(sysId);
    },
    setPassword: accounts.setPassword,
    revokeTokens: tokens.revokeAll,
  };
  const control = makeControlPort({
    ...records,
    failedLogins: () => ({ most: accounts.mostFailedLogins(), byLogin: accounts.allFailedLogins() }),
    requests: log.requests,
    clearRequests: log.clear,
    faults: faults.list,
    addFault: faults.add,
    removeFault: faults.remove,
    clearFaults: faults.clear,
  });

  const instanceServer = await listen(makeListener(service.serve), options.port);
  url = `http://127.0.0.1:${instanceServer.port}`;
  const controlServer = await listen(
    makeListener(async (incoming, outgoing) => {
      sendAnswer(control((await receiveRequest(incoming)).request), outgoing, now());
    }),
    options.controlPort,
  );
  return {
    ...records,
    url,
    server: `${url}/api/now/table`,
    login,
    password,
    clientId,
    clientSecret,
    oauth2Url: `${url}/oauth_token.do`,
    controlUrl: `http://127.0.0.1:${controlServer.port}`,
    requests: log.requests,
    get maxInFlight() {
      return service.maxInFlight();
    },
    get mostFailedLogins() {
      return accounts.mostFailedLogins();
    },
    overwrite: (table, sysId, values) => database.overwrite(table, sysId, values),
    cloneOver: (source) => cloneOver(database, source),
    attachmentContent: (sysId) => files.get(sysId),
    failedLogins: accounts.failedLogins,
    addFault: (rule) => {
      const id = faults.add(rule);
      return () => void faults.remove(id);
    },
    waitForRequest: (predicate, timeoutInMs = 10_000) => log.waitFor(predicate, timeoutInMs),
    waitForCommit: async () => void (await once(commits, 'commit')),
    async close() {
      log.close();
      await Promise.all([instanceServer.close(), controlServer.close()]);
    },
  };
}
