import * as z from 'zod/mini';
import { isLoopback } from '../is-loopback.ts';
import { parse } from '../parse.ts';
import type { SettingName } from './setting-names.ts';

const safeUrl = z.string('expected a URL, got nothing').check(
  z.refine(
    (text) =>
      URL.canParse(text) &&
      (new URL(text).protocol === 'https:' || (new URL(text).protocol === 'http:' && isLoopback(text))),
    {
      error: 'expected a URL that starts with https:// (http:// for a loopback address only)',
    },
  ),
  // It stands in links for people, and would win over the connection's own credentials.
  z.refine((text) => !URL.canParse(text) || (new URL(text).username === '' && new URL(text).password === ''), {
    error: 'expected a URL without a user name and a password in it',
  }),
);

const wholeNumber = (standard: number, most: number) =>
  z._default(
    z.coerce.number('expected a whole number').check(z.int('expected a whole number'), z.minimum(1), z.maximum(most)),
    standard,
  );

const schema = z.object({
  Server: safeUrl.check(
    z.refine((text) => text.includes('/api/'), {
      error: 'expected the Table API, such as https://<instance>.service-now.com/api/now/table',
    }),
  ),
  Login: z.optional(z.string().check(z.minLength(1))),
  Password: z.optional(z.string().check(z.minLength(1))),
  ClientId: z.optional(z.string().check(z.minLength(1))),
  ClientSecret: z.optional(z.string().check(z.minLength(1))),
  OAuth2Url: z.optional(safeUrl),
  OAuth2Scope: z.optional(z.string()),
  GrantType: z.optional(z.enum(['password', 'client_credentials'])),
  TicketCookieDirectoryPath: z._default(z.string(), ''),
  ResponseSizeLimit: wholeNumber(1000, 10_000),
  Filter: z._default(z.array(z.string()), []),
  ConcurrencyLimit: wholeNumber(2, 64),
  MaxNewTicketsPerDay: wholeNumber(2000, 1_000_000),
});

/** How a connection signs in to ServiceNow. */
export type Credentials =
  | { readonly kind: 'basic'; readonly login: string; readonly password: string }
  | {
      readonly kind: 'oauth';
      readonly grant:
        | { readonly type: 'client_credentials' }
        | { readonly type: 'password'; readonly login: string; readonly password: string };
      readonly clientId: string;
      readonly clientSecret: string;
      readonly tokenUrl: string;
      readonly scope: string | undefined;
    };

/** One connection, checked and ready to use. It holds secrets: never log it, never put it into a message. */
export interface ConnectionSettings {
  readonly identifier: string;
  /** The Table API's address, without a slash at its end. */
  readonly server: string;
  /** What stands before `/api/` in it: the root of the other APIs and of links for people. */
  readonly root: string;
  readonly credentials: Credentials;
  readonly cookieDirectory: string;
  readonly pageSize: number;
  readonly concurrencyLimit: number;
  readonly maxNewTicketsPerDay: number;
  /** What exports read of a table: `table#encodedQuery`, one for each table. */
  readonly filters: readonly string[];
  /** Changes whenever any source's version of any setting does; says nothing about the values. */
  readonly version: string;
  /** The same of the settings that decide who signs in where. */
  readonly loginVersion: string;
}

/** The merged values of one connection; a setting that may have several is a list. */
export type SettingValues = Readonly<Partial<Record<SettingName, string | readonly string[]>>>;

type Values = z.infer<typeof schema>;

function credentialFaults(v: SettingValues): string[] {
  const faults: string[] = [];
  const oauth = [v.ClientId, v.ClientSecret, v.OAuth2Url].filter((setting) => setting !== undefined).length;
  if (oauth === 1 || oauth === 2) {
    for (const name of ['ClientId', 'ClientSecret', 'OAuth2Url'] as const)
      if (v[name] === undefined)
        faults.push(
          `${name}: expected a value, got nothing: OAuth needs ClientId, ClientSecret and OAuth2Url, Basic none`,
        );
  }
  const byClient =
    v.GrantType === 'client_credentials' || (v.GrantType === undefined && oauth === 3 && v.Login === undefined);
  if (v.GrantType === 'client_credentials' && oauth === 0)
    faults.push('GrantType: client_credentials needs ClientId, ClientSecret and OAuth2Url');
  if (!byClient && v.Login === undefined) faults.push('Login: expected a user name, got nothing');
  if (!byClient && v.Password === undefined) faults.push('Password: expected a value, got nothing');
  return faults;
}

function credentialsOf(v: Values): Credentials {
  const { Login: login = '', Password: password = '' } = v;
  if (v.ClientId === undefined || v.ClientSecret === undefined || v.OAuth2Url === undefined)
    return { kind: 'basic', login, password };
  const type = v.GrantType ?? (v.Login === undefined ? 'client_credentials' : 'password');
  return {
    kind: 'oauth',
    grant: type === 'password' ? { type, login, password } : { type },
    clientId: v.ClientId,
    clientSecret: v.ClientSecret,
    tokenUrl: v.OAuth2Url,
    scope: v.OAuth2Scope,
  };
}

/**
 * Checks the merged values of one connection and gives either settings or every fault at once.
 * Faults name settings and expectations, never values.
 */
export function readConnectionSettings(
  identifier: string,
  values: SettingValues,
  versions: { readonly version: string; readonly loginVersion: string },
):
  | { readonly ok: true; readonly value: ConnectionSettings }
  | { readonly ok: false; readonly faults: readonly string[] } {
  const parsed = parse(schema, values);
  const faults = [...(parsed.ok ? [] : parsed.faults), ...credentialFaults(values)];
  if (!parsed.ok || faults.length > 0) return { ok: false, faults };
  // Version 1 answers 404 to a list without a match, which can't be told from a refusal; the unversioned API does not.
  const server = parsed.value.Server.replace(/\/+$/, '').replace('/api/now/v1/', '/api/now/');
  return {
    ok: true,
    value: {
      identifier,
      server,
      root: server.slice(0, server.indexOf('/api/')),
      credentials: credentialsOf(parsed.value),
      cookieDirectory: parsed.value.TicketCookieDirectoryPath,
      pageSize: parsed.value.ResponseSizeLimit,
      concurrencyLimit: parsed.value.ConcurrencyLimit,
      maxNewTicketsPerDay: parsed.value.MaxNewTicketsPerDay,
      filters: parsed.value.Filter,
      ...versions,
    },
  };
}
