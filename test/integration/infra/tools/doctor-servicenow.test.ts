import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { describe, expect, it } from 'vitest';
import { makeRsaCertificate } from '../../../../infra/local/certificate.ts';
import { type Environment, type EnvironmentOptions, startEnvironment } from '../../../../infra/local/environment.ts';
import { listen } from '../../../../infra/local/listen.ts';
import type { FaultRule, ServiceNow } from '../../../../infra/local/servicenow/start-servicenow.ts';
import { leaseAccount } from '../../../lease-account.ts';
import {
  addControl,
  changeApplication,
  changeUser,
  giveRole,
  idOf,
  setProperty,
  takeRole,
} from '../local/servicenow/administer.ts';
import { closedPort } from './closed-port.ts';
import { CANARY, failuresOf, type Report, runDoctor, runTool, settingsOf } from './run-tool.ts';

const CONNECTION = 'ServiceNowFulfillManual';
const API_USER = 'identity.manager';

/** A state of ServiceNow, or of what is said about it, and the sentence that tells it. */
interface Case {
  readonly what: string;
  readonly options?: EnvironmentOptions;
  readonly prepare?: (environment: Environment, servicenow: ServiceNow) => unknown;
  readonly args?: readonly string[];
  /** The check that tells, as `status name: message → remedy`. */
  readonly says: RegExp;
}

const sample: Record<string, object> = JSON.parse(
  readFileSync(new URL('../../../../infra/local/appsettings.agent.json', import.meta.url), 'utf8'),
).ServiceNowResourceTypeMappings;
const mapped = (...mappings: readonly object[]): EnvironmentOptions => ({
  agentSettings: {
    ServiceNowResourceTypeMappings: Object.fromEntries(
      mappings.map((members, index) => [`Type${index}`, { ...sample.SAP_User_NominativeUser, ...members }]),
    ),
  },
});
const FROM_CATALOG = {
  TicketType: 'request',
  CatalogItem: 'Access Request',
  CatalogCorrelationVariable: 'correlation',
  CatalogVariables: { account: '{{Username}}' },
};
const fault = (servicenow: ServiceNow, action: FaultRule['action'], match: FaultRule['match'] = {}) =>
  servicenow.addFault({ match, action });
const setSecret = ({ vault }: Environment, setting: string, value: string, connection = CONNECTION) =>
  vault.set(`Connections--${connection}--${setting}`, value);

const HELPED = mapped({}, { Connection: 'Helper' });
/** A second connection to the same instance, whose user may see everything. */
function addHelper(environment: Environment): void {
  const { servicenow } = environment;
  servicenow.setPassword('admin', 'the helper: only a test');
  setSecret(environment, 'Server', servicenow.server, 'Helper');
  setSecret(environment, 'Login', 'admin', 'Helper');
  setSecret(environment, 'Password', 'the helper: only a test', 'Helper');
}

/** Failures that end the checks of a connection. */
const failing: readonly Case[] = [
  {
    what: 'the instance is hibernating',
    prepare: (_, servicenow) => fault(servicenow, { body: 'hibernation' }),
    says: /^failed host: The instance 127\.0\.0\.1:\d+ is hibernating: .* → Wake the instance up/,
  },
  {
    what: 'the instance is in maintenance',
    prepare: (_, servicenow) => fault(servicenow, { body: 'maintenance' }),
    says: /^failed host: The instance .* is in maintenance, or starting: .* → Wait/,
  },
  {
    what: 'the instance can not be reached',
    prepare: async (environment) =>
      setSecret(environment, 'Server', `https://127.0.0.1:${await closedPort()}/api/now/table`),
    says: /^failed host: ServiceNow at 127\.0\.0\.1:\d+ can't be reached: the connection was refused\. → Check/,
  },
  {
    what: 'something else answers there',
    prepare: (environment, servicenow) => setSecret(environment, 'Server', `${servicenow.controlUrl}/api/now/table`),
    says: /^failed host: .* → Check Server/,
  },
  {
    what: 'a login page answers in place of the API',
    prepare: (_, servicenow) =>
      fault(servicenow, { status: 302, headers: { Location: 'https://sso.contoso.com/login' } }),
    says: /^failed host: .* sends callers on to sso\.contoso\.com \(302\)/,
  },
  {
    what: 'the password is wrong, by the words of the release',
    prepare: (environment) => setSecret(environment, 'Password', CANARY),
    says: /^failed login: ServiceNow refused the login of user identity\.manager \(401\)\. The instance does not say why\. It is one of, the likeliest first: \(1\) user or password is wrong.* → .*connections -- release/,
  },
  {
    what: 'the password is wrong, as another connection shows',
    options: HELPED,
    prepare: (environment) => {
      addHelper(environment);
      setSecret(environment, 'Password', CANARY);
    },
    says: /^failed login: .* User or password is wrong\. That is what the instance shows through connection "Helper"\..* → Set Login and Password/,
  },
  {
    what: 'the account is locked out, by the words of the release',
    options: { servicenow: { explainsRefusals: true } },
    prepare: (_, servicenow) => changeUser(servicenow, API_USER, { locked_out: 'true' }),
    says: /^failed login: .* The account is locked out\. The instance says so itself\..* → Put the password right first/,
  },
  {
    what: 'the account is locked out, as another connection shows',
    options: HELPED,
    prepare: (environment, servicenow) => {
      addHelper(environment);
      changeUser(servicenow, API_USER, { locked_out: 'true' });
    },
    says: /^failed login: .* The account is locked out\. That is what the instance shows through connection "Helper"/,
  },
  {
    what: 'Basic authentication is restricted, as another connection shows',
    options: HELPED,
    prepare: (environment, servicenow) => {
      addHelper(environment);
      giveRole(servicenow, 'admin', 'snc_basic_auth_api_access');
      changeUser(servicenow, API_USER, { web_service_access_only: 'false' });
      setProperty(servicenow, 'glide.authenticate.basic_auth.restriction.enforce', 'true');
    },
    says: /^failed login: .* The instance restricts Basic authentication, .* → Make the account web-service-only/,
  },
  {
    what: 'multi-factor authentication blocks the account',
    prepare: (_, servicenow) => changeUser(servicenow, API_USER, { enable_multifactor_authn: 'true' }),
    says: /^failed login: .* Multi-factor authentication blocks the account: .*X-MFA_TOKEN.* → Take the account out/,
  },
  {
    what: 'the grant is switched off',
    options: { oauth: 'client_credentials', servicenow: { explainsRefusals: true } },
    prepare: (_, servicenow) =>
      setProperty(servicenow, 'glide.oauth.inbound.client.credential.grant_type.enabled', 'false'),
    says: /^failed login: ServiceNow refused the login of OAuth client [0-9a-f]{32} \(401\)\. The instance does not allow this OAuth grant\. .* → For client credentials set property/,
  },
  {
    what: 'the application user is missing',
    options: { oauth: 'client_credentials', servicenow: { explainsRefusals: true } },
    prepare: (_, servicenow) => changeApplication(servicenow, { user: '' }),
    says: /^failed login: .*application.* → .*[Uu]ser/,
  },
  {
    what: 'the client secret is wrong',
    options: { oauth: 'password', servicenow: { explainsRefusals: true } },
    prepare: (environment) => setSecret(environment, 'ClientSecret', CANARY),
    says: /^failed login: .* ClientId is unknown, its application is not active, or ClientSecret is wrong\./,
  },
];

/** What is looked at once the login was accepted. */
const looking: readonly Case[] = [
  {
    what: "the API user's time zone is not GMT",
    prepare: (_, servicenow) => changeUser(servicenow, API_USER, { time_zone: 'Asia/Tokyo' }),
    says: /^failed time zone: .* → Set the time zone of the API user to GMT/,
  },
  {
    what: "the API user's time zone is GMT for half the year",
    prepare: (_, servicenow) => changeUser(servicenow, API_USER, { time_zone: 'Europe/London' }),
    says: /^(warning|failed) time zone: .* → Set the time zone of the API user to GMT/,
  },
  {
    what: 'the API user has no language of its own',
    prepare: (_, servicenow) => changeUser(servicenow, API_USER, { preferred_language: '' }),
    says: /^warning language: .* no language of its own/,
  },
  {
    what: 'the release is too old',
    prepare: (_, servicenow) => {
      setProperty(servicenow, 'glide.buildname', 'Kingston');
      setProperty(servicenow, 'glide.war', 'glide-kingston-10-17-2017__patch1.zip');
    },
    says: /^failed release: .* Kingston, which is older than London/,
  },
  {
    what: 'incidents are not readable',
    prepare: (_, servicenow) => takeRole(servicenow, API_USER, 'sn_incident_read'),
    says: /^failed read access: The API user may not read table incident: .* → Give the API user a role/,
  },
  {
    what: 'users are not readable',
    prepare: (_, servicenow) => takeRole(servicenow, API_USER, 'sys_user_read'),
    says: /^failed read access: The API user may not read table sys_user: /,
  },
  {
    what: 'the rows of incidents are hidden',
    prepare: (_, servicenow) => {
      const { sys_id = '' } = servicenow.insert('incident', { short_description: 'Somebody else' });
      servicenow.hide('incident', sys_id);
    },
    says: /^failed read access: Table incident has rows, and the API user may read none of those looked at/,
  },
  {
    what: 'the field that tickets are known by is not readable',
    prepare: (_, servicenow) => {
      servicenow.insert('incident', { short_description: 'Somebody else' });
      addControl(servicenow, 'incident.correlation_id', 'read', 'security_admin');
    },
    says: /^failed read access: The API user may not read correlation_id of table incident/,
  },
  {
    what: 'there are no tickets yet, so their fields prove nothing',
    says: /^notProven read access: Table incident may be asked for, but there is no row yet/,
  },
  {
    what: 'choices are not readable',
    prepare: (_, servicenow) => takeRole(servicenow, API_USER, 'sys_choice_read'),
    says: /^notProven mapped choices: .* category, impact, urgency, subcategory exist can't be told: .* → Let the API user read table sys_choice/,
  },
  {
    what: 'access controls are not readable, so writing proves nothing',
    says: /^notProven write access: Whether the API user may make tickets can't be told: the access controls .* → Run `npm run doctor -- --write-test/,
  },
  {
    what: 'roles and access controls let tickets be made',
    prepare: (_, servicenow) => giveRole(servicenow, API_USER, 'security_admin'),
    says: /^ok write access: Roles and access controls let the API user make tickets/,
  },
  {
    what: 'no role lets tickets be made',
    prepare: (_, servicenow) => {
      giveRole(servicenow, API_USER, 'security_admin');
      takeRole(servicenow, API_USER, 'sn_incident_write');
    },
    says: /^failed write access: The API user may not create records of table incident: .* → Give it one of these roles: itil, sn_incident_write\./,
  },
  {
    what: 'a field that tickets are found by can not be written',
    prepare: (_, servicenow) => {
      giveRole(servicenow, API_USER, 'security_admin');
      addControl(servicenow, 'task.correlation_display', 'write', 'admin');
    },
    says: /^failed write access: The API user may not write correlation_display of table incident: /,
  },
  {
    what: 'the API user is an administrator',
    prepare: (_, servicenow) => giveRole(servicenow, API_USER, 'admin'),
    says: /^warning write access: .* is an administrator of the instance, which is far more than it needs/,
  },
  {
    what: 'looking for tickets takes too long',
    prepare: (_, servicenow) =>
      fault(servicenow, { delayInMs: 1_100 }, { table: 'incident', query: 'correlation_id=' }),
    says: /^warning query time: The look-up of a ticket takes 1\.\d s\. → .* index on \(correlation_id, correlation_display\) of table task/,
  },
  {
    what: 'a category is none',
    options: mapped({ TicketCategory: 'badges' }),
    says: /^failed mapped choices: The mapping of resource type "Type0" gives category the value "badges", which is no choice .* → Choices are: .*software/,
  },
  {
    what: 'a category is a label',
    options: mapped({ TicketCategory: 'Software' }),
    says: /^failed mapped choices: .* "Software", which is no choice .* → That is a label: write its value, "software"\./,
  },
  {
    what: 'a subcategory belongs to another category',
    options: mapped({ TicketSubCategory: 'internal application' }),
    says: /^warning mapped choices: .* "internal application", which belongs to category "inquiry"/,
  },
  {
    what: 'a group is not there',
    options: mapped({ AssignmentGroup: 'Badge Office' }),
    says: /^failed mapped records: AssignmentGroup "Badge Office" of Type0 is no group of the instance\. → Name one by name, sys_id/,
  },
  {
    what: 'a group is not active',
    options: mapped({ AssignmentGroup: 'Network' }),
    prepare: (_, servicenow) =>
      servicenow.update('sys_user_group', idOf(servicenow, 'sys_user_group', 'name=Network'), { active: 'false' }),
    says: /^failed mapped records: AssignmentGroup "Network" of Type0 is not active/,
  },
  {
    what: 'the fallback caller means several users',
    options: mapped({ FallbackCaller: 'q@contoso.com' }),
    prepare: (_, servicenow) => changeUser(servicenow, 'beth.anglin', { email: 'q@contoso.com' }),
    says: /^failed mapped records: FallbackCaller "q@contoso\.com" of Type0 means several records of sys_user/,
  },
  {
    what: 'there is no fallback caller',
    options: mapped({}, { FallbackCaller: undefined }),
    says: /^warning mapped records: FallbackCaller is missing in the mapping of Type1: /,
  },
  {
    what: 'a mapping has no caller at all',
    options: mapped({}, { TicketCallerId: undefined }),
    says: /^failed mapped records: TicketCallerId is missing in the mapping of Type1, /,
  },
  {
    what: 'of two catalog items of one name one is active',
    options: mapped(FROM_CATALOG),
    prepare: (_, servicenow) => servicenow.insert('sc_cat_item', { name: 'Access Request', active: 'false' }),
    says: /^ok mapped records: Users, groups and catalog items that mappings name exist/,
  },
  {
    what: 'a catalog item is not active',
    options: mapped(FROM_CATALOG),
    prepare: (_, servicenow) =>
      servicenow.update('sc_cat_item', idOf(servicenow, 'sc_cat_item', 'name=Access Request'), { active: 'false' }),
    says: /^failed mapped records: CatalogItem "Access Request" of Type0 is not active/,
  },
  {
    what: 'a catalog item can be ordered',
    options: mapped(FROM_CATALOG),
    says: /^ok catalog: Catalog items that mappings name can be ordered, with the variables named \(1\)\./,
  },
  {
    what: 'a catalog item is for holders of another role',
    options: mapped(FROM_CATALOG),
    prepare: (_, servicenow) =>
      servicenow.update('sc_cat_item', idOf(servicenow, 'sc_cat_item', 'name=Access Request'), { roles: 'admin' }),
    says: /^failed catalog: The API user may not order catalog item "Access Request": .*Security constraints/,
  },
  {
    what: 'a catalog item lacks the variable for the key',
    options: mapped({ ...FROM_CATALOG, CatalogCorrelationVariable: 'corelation' }),
    says: /^failed catalog: The catalog item "Access Request" \(mapping of Type0\) has no variable corelation/,
  },
  {
    what: 'a mapping names no variable for the key',
    options: mapped({ ...FROM_CATALOG, CatalogCorrelationVariable: undefined }),
    says: /^warning catalog: CatalogCorrelationVariable is missing for catalog item "Access Request" \(mapping of Type0\)/,
  },
  {
    what: 'a catalog item lacks a variable that is to be answered',
    options: mapped({ ...FROM_CATALOG, CatalogVariables: { account: 'x', colour: 'red' } }),
    says: /^warning catalog: The catalog item .* has no variable colour: .* → Name variables of the item: correlation, details, account/,
  },
  {
    what: 'what was answered when something was ordered can not be read',
    options: mapped(FROM_CATALOG),
    prepare: (_, servicenow) => fault(servicenow, { status: 403 }, { table: 'sc_item_option_mtom' }),
    says: /^failed catalog: The API user may not read table sc_item_option_mtom: .* → Give the API user a role with read access to table sc_item_option_mtom, to find again/,
  },
  {
    what: 'a catalog item is not there',
    options: mapped({ CatalogItem: 'Access Reques' }),
    says: /^failed mapped records: CatalogItem "Access Reques" of Type0 is no catalog item of the instance/,
  },
  {
    what: 'resolved incidents close by themselves some day',
    says: /^ok auto-close: Resolved incidents of .*SAP_User_NominativeUser.* close by themselves after 7 days/,
  },
  {
    what: 'resolved incidents never close by themselves',
    prepare: (_, servicenow) => setProperty(servicenow, 'glide.ui.autoclose.time', '0'),
    says: /^warning auto-close: Incidents never close by themselves here: .* → Set ResolvedCounts to true/,
  },
  {
    what: 'one call is answered by half a page',
    prepare: (_, servicenow) => fault(servicenow, { body: 'broken-json' }, { table: 'sys_choice' }),
    says: /^failed read access: .*(sys_choice|answered 200).* → .+/,
  },
];

describe('npm run doctor, about ServiceNow', { timeout: 90_000 }, () => {
  it.concurrent.each(failing)('tells that $what, and skips what can not be looked at', async (one) => {
    await using environment = await started(one);
    const report = await runDoctor(environment, one.args);
    expect(sentencesOf(report)).toContainEqual(expect.stringMatching(one.says));
    expect(report.exitCode).toBe(1);
    const names = report.checks.filter(({ connection }) => connection === CONNECTION).map(({ name }) => name);
    expect(new Set(names)).toEqual(new Set(['settings', 'host', 'login']));
  });

  it.concurrent.each(looking)('tells that $what', async (one) => {
    await using environment = await started(one);
    const report = await runDoctor(environment, one.args);
    expect(sentencesOf(report)).toContainEqual(expect.stringMatching(one.says));
    expect(report.exitCode).toBe(one.says.source.startsWith('^failed') ? 1 : 0);
    // One failed check stops no other.
    expect(report.checks.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['release', 'time zone', 'language', 'read access', 'write access', 'query time']),
    );
    expect(environment.servicenow.requests.filter(({ method }) => method !== 'GET')).toEqual([]);
  });

  it.concurrent('does not trust the certificate of whoever answers for the instance', async () => {
    await using environment = await started();
    const { certificate, key } = await makeRsaCertificate({ commonName: 'elsewhere', canServe: true });
    await using other = await listening(certificate, key);
    setSecret(environment, 'Server', `https://127.0.0.1:${other.port}/api/now/table`);
    const report = await runDoctor(environment);
    expect(failuresOf(report)).toContainEqual(
      expect.stringMatching(/^host: ServiceNow at .* can't be reached: its TLS certificate is not trusted here\./),
    );
  });

  it.concurrent('tries a refused login once and not again until its settings change or somebody releases it', async () => {
    await using environment = await started();
    const { servicenow } = environment;
    setSecret(environment, 'Password', CANARY);
    await runDoctor(environment);
    const again = await runDoctor(environment);
    expect(failuresOf(again)).toContainEqual(
      expect.stringMatching(
        /^login: The login of user identity\.manager has been stopped since .* still the same\. Nothing was tried/,
      ),
    );
    expect(servicenow.failedLogins(API_USER)).toBe(1);
    setSecret(environment, 'Password', servicenow.password);
    const restored = await runDoctor(environment);
    expect(sentencesOf(restored)).toContainEqual(expect.stringMatching(/^ok login: .* It had been stopped since /));
    expect(restored.exitCode).toBe(0);
  });

  it.concurrent('makes a ticket and cancels it, only where it is told to and in the group that it is told', async () => {
    await using environment = await started();
    const { servicenow } = environment;
    const report = await runDoctor(environment, ['--write-test', '--group', 'Service Desk']);
    expect(failuresOf(report)).toEqual([]);
    const [incident, ...more] = servicenow.records('incident');
    expect(more).toEqual([]);
    expect(incident).toMatchObject({
      state: '8',
      active: 'false',
      assignment_group: idOf(servicenow, 'sys_user_group', 'name=Service Desk'),
      correlation_display: `IdentityManager/local/${CONNECTION}/doctor`,
    });
    expect(sentencesOf(report)).toContainEqual(
      `ok write test: Ticket ${incident?.number} was made as it was meant to be.`,
    );
    expect(sentencesOf(report)).toContainEqual(`ok write test: Ticket ${incident?.number} was cancelled again.`);
  });

  it.concurrent.each([
    {
      what: 'that the group is not there',
      group: 'Badge Office',
      says: /^failed write test: Expected one active group named "Badge Office", found none\./,
    },
    {
      what: 'that tickets can not be made',
      prepare: (servicenow: ServiceNow) => takeRole(servicenow, API_USER, 'sn_incident_write'),
      says: /^failed write test: A ticket could not be made: .*403.*ACL Exception/,
    },
    {
      what: 'that the instance drops a field',
      prepare: (servicenow: ServiceNow) => addControl(servicenow, 'incident.correlation_id', 'write', 'admin'),
      says: /^failed write test: Ticket INC\d+ was made, but the instance stored correlation_id otherwise than sent\./,
    },
    {
      what: 'that the ticket is left behind',
      prepare: (servicenow: ServiceNow) => fault(servicenow, { status: 403 }, { method: 'PATCH', table: 'incident' }),
      says: /^failed write test: Ticket INC\d+ could not be cancelled: .* → Cancel INC\d+ by hand/,
    },
    {
      what: 'a ticket that was made although the answer said otherwise',
      prepare: (servicenow: ServiceNow) =>
        servicenow.addFault({ match: { method: 'POST', table: 'incident' }, phase: 'after', action: { status: 500 } }),
      says: /^ok write test: Ticket INC\d+ was cancelled again\./,
    },
  ])('tells $what when it writes', async ({ group = 'Service Desk', prepare, says }) => {
    await using environment = await started();
    prepare?.(environment.servicenow);
    const report = await runDoctor(environment, ['--write-test', '--group', group]);
    expect(sentencesOf(report)).toContainEqual(expect.stringMatching(says));
    expect(environment.servicenow.records('incident').filter(({ state }) => state !== '8')).toHaveLength(
      says.source.includes('could not be cancelled') ? 1 : 0,
    );
  });

  it.concurrent('names what an answer says in one line that steers no terminal', async () => {
    await using environment = await started();
    fault(environment.servicenow, { body: '<html><title>\u001b[31mRed\u202e page</title></html>' });
    const { stdout } = await runTool('doctor', [], settingsOf(environment));
    expect(stdout).toContain('Red');
    for (const steering of ['\u001b', '\u202e']) expect(stdout).not.toContain(steering);
  });
});

function sentencesOf({ checks }: Report): string[] {
  return checks.map(({ status, name, message, remedy }) =>
    `${status} ${name}: ${message} → ${remedy}`.replace(/ → undefined$/, ''),
  );
}

async function started({ options, prepare }: Partial<Case> = {}): Promise<Environment & AsyncDisposable> {
  const environment = await startEnvironment({ storage: leaseAccount(), ...options });
  await prepare?.(environment, environment.servicenow);
  return { ...environment, [Symbol.asyncDispose]: () => environment.close() };
}

async function listening(cert: string, key: string) {
  const server = await listen(createServer({ cert, key }, (_, response) => response.end('{}')));
  return { port: server.port, [Symbol.asyncDispose]: () => server.close() };
}
