import * as z from 'zod/mini';
import { neutralLine } from '../neutral-text.ts';
import { type Parsed, parse, textOf } from '../parse.ts';
import type { Envelope } from '../provisioning/envelope.ts';

/** The fields of `sys_user` that a message may name its user by. */
export const USER_KEYS = ['sys_id', 'user_name', 'email', 'employee_number'] as const;

const FORMS = 'expected {"Generate": true}, {"SecretName": "…"} or {"Jwe": "…"}';
const NAME = 'expected the name of a secret: letters, digits and dashes, 1 to 127';
const COMPACT = 'expected a JWE in compact form: five parts, of at most 16,000 characters';

/** The fields compared hold no more. */
const key = textOf(1, 100);

const secretName = z.strictObject({ SecretName: z.string(NAME).check(z.regex(/^[0-9A-Za-z-]{1,127}$/, NAME)) });
const jwe = z.strictObject({
  Jwe: z.string(COMPACT).check(
    z.regex(/^eyJ[\w-]*(\.[\w-]*){4}$/, COMPACT),
    z.refine((text) => text.length <= 16_000, { error: COMPACT }),
  ),
});
const generate = z.strictObject({ Generate: z.literal(true, 'expected true') });
const userByField = z
  .strictObject({
    sys_id: z.optional(key),
    user_name: z.optional(key),
    email: z.optional(key),
    employee_number: z.optional(key),
  })
  .check(z.refine((named) => Object.values(named).length === 1, { error: `expected one of ${USER_KEYS.join(', ')}` }));

/** The connection of a request. */
export const connectionName = textOf(1, 100);

/** Its user, in either form. */
export const namedUser = z.union([key, userByField], {
  error: `expected a text of 1 to 100 characters, or an object with one of ${USER_KEYS.join(', ')}`,
});

const schema = z.strictObject({
  Connection: connectionName,
  User: namedUser,
  Password: z.union([generate, secretName, jwe], { error: FORMS }),
  ResourceType: z.optional(textOf(1, 200)),
});

/**
 * What a message on `password-resets` asks for: the password of one user of one connection.
 *
 * - `User`: a text that is the user's `sys_id`, `user_name`, `email` or `employee_number`, or an object that says which of
 *   them it is, such as `{"email": "…"}`.
 * - `Password`: `{Generate: true}` for one made here, `{SecretName}` for one in the vault of passwords, `{Jwe}` for one
 *   encrypted for the app's certificate (`npm run protect`). Never the password itself.
 * - `ResourceType`: whose `PasswordResetSettings` count.
 */
export type PasswordRequest = z.infer<typeof schema>;

/** Reads a request; faults never repeat a value. */
export function readPasswordRequest(data: unknown): Parsed<PasswordRequest> {
  return parse(schema, data);
}

/** What a message calls its user. */
export function userNamed({ User: user }: Pick<PasswordRequest, 'User'>): string {
  return typeof user === 'string' ? user : (Object.values(user)[0] ?? '');
}

const WHY = 'no password may stand in a message';
/** Not a text: it must not pass for what stood there. */
const REMOVED = { Removed: WHY };
const PASSWORD_FORMS = z.union([generate, secretName, jwe]);

/**
 * What may be kept of a request, wherever it goes from here: its documented members where they have their documented form.
 * Whatever else is in it may be a password. Total, and the same when it is done again.
 */
export function withoutPassword(data: unknown): unknown {
  if (typeof data !== 'object' || data === null || Array.isArray(data)) return REMOVED;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => {
      const form = Object.hasOwn(KEPT, name) ? KEPT[name] : undefined;
      const kept = form && parse(form, value);
      return [form ? name : neutralLine(name, 40), kept?.ok ? kept.value : REMOVED];
    }),
  );
}

const KEPT: Readonly<Record<string, z.ZodMiniType<unknown>>> = {
  Connection: connectionName,
  User: namedUser,
  Password: PASSWORD_FORMS,
  ResourceType: textOf(1, 200),
  Removed: z.literal(WHY),
};

/** The same of an envelope, with the members that envelopes have. */
export function safeEnvelope(envelope: Envelope): Envelope {
  const { v, Order, DeliveryId, OrderedAt, Attempt, WaitedSeconds } = envelope;
  const { NotBefore, PutBack, Unsure, Replay, TraceParent, Reason } = envelope;
  return {
    ...{ v, Order: withoutPassword(Order), DeliveryId, OrderedAt, Attempt, WaitedSeconds },
    ...(NotBefore !== undefined && { NotBefore }),
    ...(PutBack !== undefined && { PutBack }),
    ...(Unsure !== undefined && { Unsure }),
    ...(Replay !== undefined && { Replay }),
    ...(TraceParent !== undefined && /^[0-9a-f-]{1,60}$/.test(TraceParent) && { TraceParent }),
    ...(Reason !== undefined && { Reason }),
  };
}
