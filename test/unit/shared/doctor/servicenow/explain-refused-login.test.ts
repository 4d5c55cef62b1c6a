import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { causeInWords } from '../../../../../shared/doctor/servicenow/cause-in-words.ts';
import {
  explainRefusedLogin,
  type LoginEvidence,
} from '../../../../../shared/doctor/servicenow/explain-refused-login.ts';
import { failuresFirst, LIKELY } from '../../../../../shared/doctor/servicenow/likely-causes.ts';
import { type LoginCause, loginCauses } from '../../../../../shared/doctor/servicenow/login-causes.ts';
import { causeInFacts, type SeenAccount } from '../../../../../shared/doctor/servicenow/seen-account.ts';
import { anyAnswer, json, page } from './answers.ts';
import { CANARY } from './settings-of.ts';

type Grant = LoginEvidence['grant'];

const bare = json(401, {
  error: { message: 'User Not Authenticated', detail: 'Required to provide Auth information' },
  status: 'failure',
});
const evidence = (more: Partial<LoginEvidence> = {}): LoginEvidence => ({
  grant: 'basic',
  answer: bare,
  withToken: false,
  failures: 1,
  hasScope: false,
  seen: undefined,
  ...more,
});
const api = (detail: string) => json(401, { error: { message: 'User Not Authenticated', detail }, status: 'failure' });
const oauth = (error: string, error_description = 'access_denied') => json(401, { error, error_description });

interface Words {
  readonly grant: Grant;
  readonly answer: LoginEvidence['answer'];
  readonly cause: LoginCause | undefined;
}

const words: readonly Words[] = [
  { grant: 'basic', answer: bare, cause: undefined },
  { grant: 'password', answer: oauth('server_error'), cause: undefined },
  { grant: 'client_credentials', answer: oauth('server_error'), cause: undefined },
  { grant: 'basic', answer: api('User is locked out'), cause: 'lockedOut' },
  { grant: 'basic', answer: api('Account locked'), cause: 'lockedOut' },
  { grant: 'password', answer: oauth('invalid_grant', 'The account is locked'), cause: 'lockedOut' },
  { grant: 'basic', answer: { ...bare, headers: { ...bare.headers, 'x-mfa_token': 'invalid' } }, cause: 'multiFactor' },
  { grant: 'basic', answer: page(401, '', { 'x-mfa_token': '' }), cause: 'multiFactor' },
  { grant: 'basic', answer: api('Multi-factor authentication is required'), cause: 'multiFactor' },
  { grant: 'password', answer: oauth('access_denied', 'MFA needed'), cause: 'multiFactor' },
  { grant: 'basic', answer: api('Basic authentication is restricted for this user'), cause: 'basicRestricted' },
  { grant: 'basic', answer: api('denied basic-auth API call for interactive-login user'), cause: 'basicRestricted' },
  { grant: 'basic', answer: api('SNCRestrictBasicAuthUserAuthenticationGate'), cause: 'basicRestricted' },
  // A word for the way in is no word for what is wrong.
  { grant: 'basic', answer: api('Invalid basic credentials'), cause: undefined },
  {
    grant: 'password',
    answer: oauth('invalid_client', 'Basic authentication of the client denied'),
    cause: 'wrongClient',
  },
  { grant: 'password', answer: oauth('access_denied', 'Basic authentication is restricted'), cause: undefined },
  { grant: 'password', answer: oauth('invalid_grant', 'The password needs a reset'), cause: 'passwordNeedsReset' },
  { grant: 'basic', answer: api('Your password must be changed'), cause: 'passwordNeedsReset' },
  { grant: 'basic', answer: api('User is inactive'), cause: 'inactive' },
  { grant: 'client_credentials', answer: oauth('invalid_grant', 'User is not active'), cause: 'inactive' },
  {
    grant: 'client_credentials',
    answer: oauth('invalid_client', 'The application is not active'),
    cause: 'wrongClient',
  },
  {
    grant: 'client_credentials',
    answer: oauth('invalid_grant', 'The OAuth application user is missing'),
    cause: 'applicationUserMissing',
  },
  {
    grant: 'client_credentials',
    answer: oauth('unauthorized_client', 'No application user'),
    cause: 'applicationUserMissing',
  },
  { grant: 'password', answer: oauth('invalid_scope'), cause: 'wrongScope' },
  { grant: 'password', answer: oauth('invalid_client'), cause: 'wrongClient' },
  { grant: 'password', answer: oauth('unsupported_grant_type'), cause: 'grantOff' },
  { grant: 'client_credentials', answer: oauth('unauthorized_client'), cause: 'grantOff' },
  { grant: 'password', answer: oauth('invalid_grant'), cause: 'wrongPassword' },
  { grant: 'client_credentials', answer: oauth('invalid_grant'), cause: 'applicationUserMissing' },
  { grant: 'basic', answer: page(401, '<p>locked out</p>'), cause: undefined },
  { grant: 'basic', answer: json(401, { error: 4711, error_description: ['locked out'] }), cause: undefined },
  { grant: 'basic', answer: json(401, { error: { message: null, detail: { locked: 'out' } } }), cause: undefined },
  { grant: 'basic', answer: json(401, { hint: 'locked out' }), cause: undefined },
  { grant: 'basic', answer: api(`${' '.repeat(2_500)}locked out`), cause: undefined },
];

describe('causeInWords', () => {
  it.each(words)('finds $cause in $answer.body, for grant $grant', ({ grant, answer, cause }) => {
    expect(causeInWords(evidence({ grant, answer }))?.cause).toBe(cause);
  });
});

const healthy = {
  sys_id: 'u1',
  active: 'true',
  locked_out: 'false',
  web_service_access_only: 'true',
  internal_integration_user: 'false',
  password_needs_reset: 'false',
  enable_multifactor_authn: 'false',
};
const application = { client_id: 'client-1', user: 'u1', active: 'true' };
const account = (more: Partial<SeenAccount> = {}): SeenAccount => ({
  via: 'Helper',
  user: healthy,
  roles: new Set(['itil']),
  restrictsBasic: false,
  allowsClientCredentials: true,
  application,
  ...more,
});
const user = (more: Readonly<Record<string, string>>) => account({ user: { ...healthy, ...more } });

interface Facts {
  readonly what: string;
  readonly grant: Grant;
  readonly seen: SeenAccount | undefined;
  readonly cause: LoginCause | undefined;
}

const facts: readonly Facts[] = [
  { what: 'nothing is seen', grant: 'basic', seen: undefined, cause: undefined },
  {
    what: 'nothing may be read',
    grant: 'basic',
    seen: account({ user: undefined, roles: undefined, restrictsBasic: undefined }),
    cause: undefined,
  },
  { what: 'the user is in order', grant: 'basic', seen: account(), cause: 'wrongPassword' },
  { what: 'the user is not there', grant: 'basic', seen: account({ user: 'absent' }), cause: 'inactive' },
  { what: 'the user is not there', grant: 'password', seen: account({ user: 'absent' }), cause: 'inactive' },
  { what: 'the user is not active', grant: 'basic', seen: user({ active: 'false' }), cause: 'inactive' },
  {
    what: 'the user is neither active nor unlocked',
    grant: 'basic',
    seen: user({ active: 'false', locked_out: 'true' }),
    cause: 'inactive',
  },
  { what: 'the user is locked out', grant: 'basic', seen: user({ locked_out: 'true' }), cause: 'lockedOut' },
  {
    what: 'the user of the application is locked out',
    grant: 'client_credentials',
    seen: user({ locked_out: 'true' }),
    cause: 'lockedOut',
  },
  {
    what: 'the password needs a reset',
    grant: 'password',
    seen: user({ password_needs_reset: 'true' }),
    cause: 'passwordNeedsReset',
  },
  {
    what: 'the user needs a second factor',
    grant: 'basic',
    seen: user({ enable_multifactor_authn: 'true' }),
    cause: 'multiFactor',
  },
  {
    what: 'Basic is restricted and the user has no right to it',
    grant: 'basic',
    seen: account({ user: { ...healthy, web_service_access_only: 'false' }, restrictsBasic: true }),
    cause: 'basicRestricted',
  },
  {
    what: 'Basic is restricted and the user has the role for it',
    grant: 'basic',
    seen: account({
      user: { ...healthy, web_service_access_only: 'false' },
      restrictsBasic: true,
      roles: new Set(['snc_basic_auth_api_access']),
    }),
    cause: 'wrongPassword',
  },
  {
    what: 'Basic is restricted and the user is for web services only',
    grant: 'basic',
    seen: account({ restrictsBasic: true }),
    cause: 'wrongPassword',
  },
  {
    what: 'Basic is restricted and the user is one of an integration',
    grant: 'basic',
    seen: account({
      user: { ...healthy, web_service_access_only: 'false', internal_integration_user: 'true' },
      restrictsBasic: true,
    }),
    cause: 'wrongPassword',
  },
  {
    what: 'Basic is restricted and it can not be read whether the user is one of an integration',
    grant: 'basic',
    seen: account({
      user: { ...healthy, web_service_access_only: 'false', internal_integration_user: '' },
      restrictsBasic: true,
    }),
    cause: undefined,
  },
  {
    what: 'Basic is restricted and roles can not be read',
    grant: 'basic',
    seen: account({ user: { ...healthy, web_service_access_only: 'false' }, restrictsBasic: true, roles: undefined }),
    cause: undefined,
  },
  {
    what: 'Basic is restricted and the kind of user can not be read',
    grant: 'basic',
    seen: account({ user: { ...healthy, web_service_access_only: '' }, restrictsBasic: true }),
    cause: undefined,
  },
  {
    what: 'it can not be read whether Basic is restricted',
    grant: 'basic',
    seen: account({ user: { ...healthy, web_service_access_only: 'false' }, restrictsBasic: undefined }),
    cause: undefined,
  },
  {
    what: 'it can not be read whether the user is locked out',
    grant: 'basic',
    seen: account({ user: { sys_id: 'u1', active: 'true' } }),
    cause: undefined,
  },
  {
    what: 'the application is not there',
    grant: 'password',
    seen: account({ application: 'absent' }),
    cause: 'wrongClient',
  },
  {
    what: 'the application is not active',
    grant: 'client_credentials',
    seen: account({ application: { ...application, active: 'false' } }),
    cause: 'wrongClient',
  },
  {
    what: 'the grant is switched off',
    grant: 'client_credentials',
    seen: account({ allowsClientCredentials: false }),
    cause: 'grantOff',
  },
  {
    what: 'a grant is switched off that is not used',
    grant: 'password',
    seen: account({ allowsClientCredentials: false }),
    cause: undefined,
  },
  {
    what: 'the application has no user',
    grant: 'client_credentials',
    seen: account({ user: undefined, application: { ...application, user: '' } }),
    cause: 'applicationUserMissing',
  },
  {
    what: 'the user of the application can not be read',
    grant: 'client_credentials',
    seen: account({ user: undefined, application: { client_id: 'client-1', active: 'true' } }),
    cause: undefined,
  },
  { what: 'everything is in order', grant: 'client_credentials', seen: account(), cause: undefined },
  {
    what: 'the application can not be read',
    grant: 'password',
    seen: account({ application: undefined }),
    cause: undefined,
  },
];

describe('causeInFacts', () => {
  it.each(facts)('finds $cause where $what, for grant $grant', ({ grant, seen, cause }) => {
    const found = causeInFacts({ grant, seen });
    expect(found?.cause).toBe(cause);
    if (found) expect(found.source).toContain('"Helper"');
  });
});

describe('failuresFirst', () => {
  it.each([
    { failures: 4, first: 'wrongPassword' },
    { failures: 5, first: 'lockedOut' },
    { failures: 9, first: 'lockedOut' },
  ])('puts $first first after $failures refusals in a row', ({ failures, first }) => {
    const causes = failuresFirst(LIKELY.basic, { failures, hasScope: false });
    expect(causes[0]).toBe(first);
    expect([...causes].sort()).toEqual([...LIKELY.basic].sort());
  });

  it('leaves out a scope that nobody asked for', () => {
    expect(failuresFirst(LIKELY.password, { failures: 1, hasScope: true })).toContain('wrongScope');
    expect(failuresFirst(LIKELY.password, { failures: 1, hasScope: false })).not.toContain('wrongScope');
  });

  it('does not invent a lock where none can be', () => {
    expect(failuresFirst(['apiRefused'], { failures: 9, hasScope: false })).toEqual(['apiRefused']);
  });
});

describe('explainRefusedLogin', () => {
  it('believes the answer before another connection, and both before what is likely', () => {
    const locked = user({ locked_out: 'true' });
    const said = explainRefusedLogin(evidence({ answer: api('User is inactive'), seen: locked }));
    expect(said).toMatchObject({
      causes: ['inactive'],
      message: expect.stringMatching(/The instance says so itself\.$/),
    });
    const seen = explainRefusedLogin(evidence({ seen: locked }));
    expect(seen).toMatchObject({
      causes: ['lockedOut'],
      message: expect.stringMatching(/through connection "Helper"\.$/),
    });
    const likely = explainRefusedLogin(evidence());
    expect(likely.message).toMatch(/^The instance does not say why\. .*: \(1\) user or password is wrong, \(2\) /);
    expect(likely.remedy).toMatch(/^Look at them in this order\. \(1\) .* \(2\) /);
  });

  it('looks elsewhere for the cause once a token was given', () => {
    const { causes } = explainRefusedLogin(evidence({ grant: 'password', withToken: true }));
    expect(causes).toEqual(LIKELY.withToken);
  });

  it('knows more than one way to most causes, and at least one to each', () => {
    const known = [
      ...words.map(({ grant, answer }) => evidence({ grant, answer })),
      ...facts.map(({ grant, seen }) => evidence({ grant, seen })),
      evidence({ grant: 'password', hasScope: true }),
      evidence({ grant: 'password', withToken: true }),
    ].flatMap((one) => explainRefusedLogin(one).causes);
    expect([...new Set(known)].sort()).toEqual(Object.keys(loginCauses).sort());
  });

  const row = fc.dictionary(
    fc.constantFrom(...Object.keys(healthy), 'user'),
    fc.constantFrom('true', 'false', '', CANARY),
  );
  const found = fc.option(fc.oneof(row, fc.constant('absent' as const)), { nil: undefined });
  const flag = fc.option(fc.boolean(), { nil: undefined });
  const anyEvidence: fc.Arbitrary<LoginEvidence> = fc.record({
    grant: fc.constantFrom<Grant>('basic', 'password', 'client_credentials'),
    answer: anyAnswer(CANARY),
    withToken: fc.boolean(),
    failures: fc.nat(8),
    hasScope: fc.boolean(),
    seen: fc.option(
      fc.record({
        via: fc.constant('Helper'),
        user: found,
        roles: fc.option(
          fc.array(fc.constantFrom('itil', 'snc_basic_auth_api_access', CANARY)).map((roles) => new Set(roles)),
          { nil: undefined },
        ),
        restrictsBasic: flag,
        allowsClientCredentials: flag,
        application: found,
      }),
      { nil: undefined },
    ),
  });

  it('explains every refusal by different causes, each with what to do, and repeats nothing that came with it', () => {
    fc.assert(
      fc.property(anyEvidence, (one) => {
        const { causes, message, remedy } = explainRefusedLogin(one);
        expect(causes.length).toBeGreaterThan(0);
        expect(new Set(causes).size).toBe(causes.length);
        for (const cause of causes) expect(remedy).toContain(loginCauses[cause].remedy);
        const words = causes.map((cause) =>
          causes.length === 1 ? loginCauses[cause].sentence : loginCauses[cause].short,
        );
        for (const word of words) expect(message).toContain(word);
        expect(JSON.stringify({ causes, message, remedy })).not.toContain(CANARY);
      }),
      { numRuns: 200 },
    );
  });
});
