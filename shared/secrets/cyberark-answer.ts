import * as z from 'zod/mini';
import { UnavailableError } from '../errors.ts';
import { neutralLine } from '../neutral-text.ts';
import { parseJson } from '../parse.ts';
import type { CyberArkAnswer } from './cyberark-client.ts';

/** The properties of an account that settings come from. It holds a password: never log it. */
export interface CyberArkAccount {
  readonly Content: string;
  readonly UserName?: string | null | undefined;
  readonly Address?: string | null | undefined;
}

/** The account, or what is wrong with it or with the request; never with the password in it. */
export type ReadAccount =
  | { readonly ok: true; readonly account: CyberArkAccount }
  | { readonly ok: false; readonly fault: string };

const accountSchema = z.object({
  // "Returns the password content or an empty value if an error occurs": an empty one is none.
  Content: z.string().check(z.refine((text) => text !== '', { error: 'expected a password, got an empty text' })),
  UserName: z.optional(z.nullable(z.string())),
  Address: z.optional(z.nullable(z.string())),
  PasswordChangeInProcess: z.optional(z.nullable(z.union([z.string(), z.boolean(), z.number()]))),
});

const errorSchema = z.object({ ErrorCode: z.string(), ErrorMsg: z.optional(z.nullable(z.string())) });

/** The Credential Provider, the vault behind it or a change of the password is in the way for a while. */
const TRANSIENT = new Set(['APPAP007E', 'APPAP282E', 'APPAP286E', 'APPAP289E', 'APPAP291E', 'APPAP292E']);

const SEVERAL =
  'the safe has several accounts of that name, maybe in several folders; give each a name of its own there';
const CHARACTERS =
  'look for characters that CyberArk does not take in the names of application, safe and account (such as + & % ;)';

const REMEDIES: Readonly<Record<string, string>> = {
  APPAP004E:
    'check the name of the account and CyberArk:SafeName, and that the application and the Credential Provider are members of that safe with the right to retrieve accounts',
  APPAP227E: SEVERAL,
  APPAP228E: SEVERAL,
  APPAP229E: SEVERAL,
  APPAP008E: 'check CyberArk:ApplicationId, and that the application is defined in CyberArk and a member of the safe',
  APPAP306E:
    "check what CyberArk authenticates that application by (client certificate, address), and that this app's is among it",
  APPAP081E: CHARACTERS,
  AIMWS030E: CHARACTERS,
  AIMWS031E: 'check CyberArk:ApplicationId of appsettings.json',
  CASVL010E: CHARACTERS,
};

const ELSEWHERE = 'check CyberArk:Server of appsettings.json: it sends the app to another address';

const BY_STATUS: Readonly<Record<number, string>> = {
  301: ELSEWHERE,
  302: ELSEWHERE,
  307: ELSEWHERE,
  308: ELSEWHERE,
  401: 'the web server wants a login that this app has none of; have it ask for a client certificate instead',
  403: 'the web server turned the app away; mostly it wants a client certificate that it trusts, and that has not expired',
  404: 'check CyberArk:Server of appsettings.json: nothing answers at /AIMWebService/api/Accounts there',
};

const LONGEST_TEXT = 200;

/**
 * Reads an answer of `GET …/AIMWebService/api/Accounts`. Codes by the public documentation, "Call the Web Service using
 * REST" and "Application Provider messages" of CyberArk. `what` names the account in messages.
 *
 * @throws UnavailableError while the password is being changed, or the service is unwell.
 */
export function readAccount(answer: CyberArkAnswer, what: string): ReadAccount {
  const { status, body, retryAfterInSeconds } = answer;
  if (status === 200) {
    const parsed = parseJson(accountSchema, body);
    if (!parsed.ok) {
      // Only where it is wrong: what a fault says of a text that is no JSON tells its length.
      const where = parsed.faults.map((fault) => fault.slice(0, fault.indexOf(':'))).join(', ');
      return no(
        `${what}: expected CyberArk's JSON of an account with a password in Content, got something else (${where}); check CyberArk:Server of appsettings.json and that account`,
      );
    }
    const { PasswordChangeInProcess: changing, ...account } = parsed.value;
    if (!/^(true|yes|1)$/i.test(String(changing ?? '').trim())) return { ok: true, account };
    throw unavailable(`${what}: its password is being changed`, retryAfterInSeconds);
  }
  const error = parseJson(errorSchema, body);
  const code = error.ok ? neutralLine(error.value.ErrorCode, 20).toUpperCase() : '';
  const text = error.ok ? neutralLine(error.value.ErrorMsg ?? '', LONGEST_TEXT) : '';
  const told = `${status}${code && ` ${code}`}${text && `: ${text}`}`;
  if (TRANSIENT.has(code) || status >= 500 || status === 429 || status === 408) {
    throw unavailable(`${what}: CyberArk could not give it (${told})`, retryAfterInSeconds);
  }
  const known = Object.hasOwn(REMEDIES, code) ? REMEDIES[code] : undefined;
  const remedy = known ?? (code === '' ? BY_STATUS[status] : undefined);
  return no(
    `${what}: CyberArk refused it (${told}); ${remedy ?? 'check section CyberArk of appsettings.json, and look the code up in the documentation of CyberArk'}`,
  );
}

function no(fault: string): { readonly ok: false; readonly fault: string } {
  return { ok: false, fault };
}

function unavailable(message: string, retryAfterInSeconds: number | undefined): UnavailableError {
  return new UnavailableError(`${message}; it is tried again`, {
    ...(retryAfterInSeconds !== undefined && { retryAfterInSeconds }),
  });
}
