import * as z from 'zod/mini';
import { type Parsed, parse, textOf } from '../parse.ts';
import { CHANGE_TYPES } from './order.ts';
import { perChangeType } from './per-change-type.ts';
import { PROVISIONING_STATES } from './result.ts';

const level = z._default(z.enum(['Low', 'Medium', 'High'], 'expected Low, Medium or High'), 'Low');

const boolean = z.pipe(
  z.union([z.boolean(), z.enum(['true', 'false'])], 'expected true or false'),
  z.transform((value) => value === true || value === 'true'),
);
const flag = z._default(boolean, false);

/** The vendor's rule for connection identifiers; `#` can't stand in a key of table storage either. */
const CONNECTION =
  'expected the identifier of a connection: not begun by a digit, without < > : " / \\ | ? * _ # and control characters';

const FIELD = 'expected the name of a field: lower case letters, digits and underscores';
const field = z.string(FIELD).check(z.regex(/^[a-z][a-z0-9_]{0,79}$/, FIELD));

/** What the connector writes itself, and what every record's key fields are. */
const OWN_FIELD = /^(sys_|correlation_)|^(number|short_description|description|state)$/;
/** What a draft gives a value of its own: the key of a ticket can't stand there too. */
const DRAFTED_FIELDS = [
  'approval',
  'assignment_group',
  'caller_id',
  'cat_item',
  'category',
  'impact',
  'request',
  'requested_for',
  'subcategory',
  'urgency',
];
/** Entries of a journal are read by people as somebody's words. */
const JOURNAL = ['comments', 'work_notes'];
/** All of them stand in the address of the call that makes a ticket. */
const MOST_FIELDS = 30;

const template = z
  .string('expected a text')
  .check(z.refine((text) => text.length <= 20_000, { error: 'expected at most 20,000 characters' }));

const fieldValue = z.union(
  [template, z.strictObject({ Table: field, Key: z._default(field, 'sys_id'), Value: template })],
  { error: 'expected a text, or {"Table", "Key", "Value"} for a reference' },
);

const names = z.union(
  [
    z.pipe(
      textOf(1, 200),
      z.transform((name) => [name]),
    ),
    z.array(textOf(1, 200)).check(z.minLength(1)),
  ],
  { error: 'expected the name of an attribute, or a list of such names' },
);

const VARIABLE = 'expected the name of a variable: letters, digits and underscores';
const variable = z.string(VARIABLE).check(z.regex(/^\w{1,80}$/, VARIABLE));

const WAIT = 'expected hours, 0 to 720';
const hours = z.coerce.number(WAIT).check(z.minimum(0, WAIT), z.maximum(720, WAIT));

const PER_DAY = 'expected a whole number, 1 to 1000000';
const perDay = z.coerce.number(PER_DAY).check(z.int(PER_DAY), z.minimum(1, PER_DAY), z.maximum(1_000_000, PER_DAY));

const DAYS = 'expected a whole number of days, 1 to 3650';
const days = z.coerce.number(DAYS).check(z.int(DAYS), z.minimum(1, DAYS), z.maximum(3650, DAYS));

const stateRule = z
  .strictObject({
    State: z.optional(textOf(1, 40)),
    CloseCode: z.optional(names),
    Approval: z.optional(textOf(1, 40)),
    ClosedThroughParent: z.optional(boolean),
    ProvisioningState: z.enum(PROVISIONING_STATES, `expected one of ${PROVISIONING_STATES.join(', ')}`),
  })
  .check(
    z.refine(({ ProvisioningState: _, ...conditions }) => Object.keys(conditions).length > 0, {
      error: 'expected State, CloseCode, Approval or ClosedThroughParent beside ProvisioningState',
    }),
  );

const members = z.looseObject({
  Connection: z.string(CONNECTION).check(z.regex(/^[^\d<>:"/\\|?*_#\p{Cc}][^<>:"/\\|?*_#\p{Cc}]{0,99}$/u, CONNECTION)),
  TicketType: z._default(z.enum(['incident', 'request'], 'expected incident or request'), 'incident'),
  CatalogItem: z.optional(perChangeType(textOf(1, 100))),
  CatalogVariables: z._default(
    z.record(variable, perChangeType(fieldValue)).check(
      z.refine((variables) => Object.keys(variables).length <= MOST_FIELDS, {
        error: `expected at most ${MOST_FIELDS} variables`,
      }),
    ),
    {},
  ),
  CatalogCorrelationVariable: z.optional(variable),
  AllowBareRequestItem: flag,
  CorrelationField: z._default(
    field.check(
      z.refine(
        (name) =>
          name === 'correlation_id' ||
          !(OWN_FIELD.test(name) || JOURNAL.includes(name) || DRAFTED_FIELDS.includes(name)),
        { error: 'expected a field that nothing else is written to' },
      ),
    ),
    'correlation_id',
  ),
  TicketCallerId: z.optional(perChangeType(names)),
  CallerWait: z._default(perChangeType(hours), { Added: 4 }),
  FallbackCaller: z.optional(z.string()),
  AssignmentGroup: z.optional(perChangeType(z.string())),
  TicketCategory: z.optional(z.string()),
  TicketSubCategory: z.optional(z.string()),
  TicketImpact: level,
  TicketUrgency: level,
  TicketAdditionalInformation: z.optional(z.string()),
  TicketSynchroIsNotAvailable: flag,
  ResolvedCounts: flag,
  PasswordResetSetting: z.optional(textOf(1, 200)),
  StateMap: z._default(z.array(stateRule).check(z.maxLength(50, 'expected at most 50 rules')), []),
  IncludeCloseNotes: z._default(boolean, true),
  ExpireAfterDays: z.optional(days),
  MaxNewTicketsPerDay: z.optional(perDay),
  Fields: z._default(
    z
      .record(
        field.check(
          z.refine((name) => !OWN_FIELD.test(name), {
            error: 'expected a field that the connector does not write itself',
          }),
        ),
        perChangeType(fieldValue),
      )
      .check(
        z.refine((fields) => Object.keys(fields).length <= MOST_FIELDS, {
          error: `expected at most ${MOST_FIELDS} fields`,
        }),
      ),
    {},
  ),
  TitleTemplate: z.optional(perChangeType(template)),
  DescriptionTemplate: z.optional(perChangeType(template)),
  DetailsIn: z._default(z.enum(['description', 'work_notes'], 'expected description or work_notes'), 'description'),
  TicketAttributes: z._default(z.array(textOf(1, 200)), []),
  WorkflowField: z.optional(
    field.check(
      z.refine((name) => !OWN_FIELD.test(name) && !JOURNAL.includes(name), {
        error: 'expected a field that the connector does not write itself, and no journal',
      }),
    ),
  ),
  IdentityManagerUrl: z.optional(
    template.check(
      z.refine((text) => text.startsWith('https://'), { error: 'expected a URL that starts with https://' }),
    ),
  ),
});

const schema = members.check(
  z.superRefine((mapping, context) => {
    const { CatalogItem, CatalogVariables, CatalogCorrelationVariable, CorrelationField } = mapping;
    const fault = (member: string, message: string) =>
      context.addIssue({ code: 'custom', message, path: [member], input: undefined });
    if (mapping.TicketType === 'request' && !mapping.AllowBareRequestItem) {
      const without = CHANGE_TYPES.filter((type) => CatalogItem?.[type] === undefined);
      if (without.length > 0) {
        fault(
          'CatalogItem',
          `expected the catalog item to order for ${without.join(', ')}, since no flow works an item made without the catalog (AllowBareRequestItem allows that)`,
        );
      }
    }
    if (CatalogCorrelationVariable !== undefined && Object.hasOwn(CatalogVariables, CatalogCorrelationVariable))
      fault('CatalogVariables', `expected no value for ${CatalogCorrelationVariable}, which carries the ticket key`);
    if (Object.hasOwn(mapping.Fields, CorrelationField) || CorrelationField === mapping.WorkflowField)
      fault('CorrelationField', 'expected a field that nothing else is written to');
  }),
);

/**
 * How orders of one resource type become tickets: Identity Manager's `ServiceNowResourceTypeMapping` by its own property
 * names, and ours. Members marked * may be given by change type.
 *
 * - `TicketType`: `incident`, or `request`: `CatalogItem`* (sys_id or name) is ordered, with the answers `CatalogVariables`*;
 *   `CatalogCorrelationVariable` is the variable that carries the ticket key, without which an order whose answer stayed
 *   unclear is never repeated. `AllowBareRequestItem`: without an item, a requested item no flow works is made.
 * - `CorrelationField`: the field that carries the ticket key.
 * - `TicketCallerId`*: the owner's attribute that tells the caller, or several tried in order; `CallerWait`*: hours to wait
 *   for a person whom ServiceNow does not know yet (4 for `Added`, none else); `FallbackCaller`: who is the caller then.
 * - `AssignmentGroup`*: by name or sys_id. `Fields`: any other field*, a template over the order, or a reference
 *   `{Table, Key, Value}` found by a unique field.
 * - `TitleTemplate`*, `DescriptionTemplate`*: mustache, with the variables of Identity Manager's ticket templates.
 * - `DetailsIn`: `work_notes` keeps the details from a caller who may be the person concerned.
 * - `TicketAttributes`: attributes that may be shown beside name, identifiers and what changes.
 * - `WorkflowField`: the field that gets `<WorkflowInstanceId>/<owner>`, so that one filter shows what belongs together.
 * - `MaxNewTicketsPerDay`: how many new tickets are made on a day (UTC), beside the connection's own limit.
 * - `IdentityManagerUrl`: a link back, a template. `ResolvedCounts`: whether a resolved incident counts as closed.
 * - `StateMap`: what states mean, before what they mean by themselves; the first rule whose conditions (`State`, `CloseCode`,
 *   `Approval`, by value; `ClosedThroughParent`) all hold counts. `IncludeCloseNotes`: whether results may carry close notes.
 * - `PasswordResetSetting`: the identifier of the `PasswordResetSettings` by which passwords are made.
 * - `ExpireAfterDays`: after so many days a ticket that is open still is given up.
 */
export type ResourceTypeMapping = z.infer<typeof schema>;

/** Reads one mapping; every fault is one sentence. */
export function readMapping(data: unknown): Parsed<ResourceTypeMapping> {
  return parse(schema, data);
}
