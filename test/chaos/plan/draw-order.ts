import { canary } from '../canaries.ts';
import { type Dice, from, oneOf, weighted } from './dice.ts';
import type { DeskStep, InvalidOrder, ValidOrder } from './plan.ts';
import { type ChaosResourceType, RESOURCE_TYPES } from './resource-types.ts';

/** A valid order and what Identity Manager sends for it. */
export interface DrawnOrder {
  readonly order: ValidOrder;
  readonly content: Readonly<Record<string, unknown>>;
}

/** An invalid order: a member of a list or a message, or a message that can't be in a list. */
export interface DrawnInvalid {
  readonly order: InvalidOrder;
  readonly content: unknown;
  /** The message as it is, where that is no JSON. */
  readonly text?: string;
  readonly blob?: { readonly path: string; readonly text: string };
}

/** How many users the instances of a run have; owners are among them. */
export const USERS = 25;

const DESKS: readonly [{ weight: number; steps: DeskStep[] }, ...{ weight: number; steps: DeskStep[] }[]] = [
  { weight: 30, steps: [] },
  { weight: 25, steps: ['close'] },
  { weight: 10, steps: ['work', 'close'] },
  { weight: 10, steps: ['cancel'] },
  { weight: 10, steps: ['closeNotDone'] },
  { weight: 5, steps: ['resolve'] },
  { weight: 5, steps: ['resolve', 'reopen'] },
  { weight: 5, steps: ['resolve', 'reopen', 'close'] },
  { weight: 5, steps: ['closeUnseen'] },
  { weight: 3, steps: ['work', 'delete'] },
  { weight: 3, steps: ['delete'] },
];

/** What people do to the ticket of one order. */
export function drawDesk(dice: Dice): readonly DeskStep[] {
  return weighted(dice, DESKS).steps;
}

/** Where secrets hide in an order; those in the middle of a text are said to be some. */
const HIDING_PLACES = [
  (secret: string) => ({ password: secret }),
  (secret: string) => ({ unicodePwd: secret }),
  (secret: string) => ({ initialSecret: secret }),
  (secret: string) => ({ apiKey: secret }),
  (secret: string) => ({ comment: `the password is ${secret}` }),
  (secret: string) => ({ account: { Identifier: 'A', password: secret } }),
] as const satisfies readonly [(secret: string) => object, ...((secret: string) => object)[]];

/** Draws one order, the `number`-th of its run. */
export function drawOrder(
  dice: Dice,
  number: number,
  given: Partial<Pick<ValidOrder, 'changeType' | 'assignmentId' | 'resourceType' | 'desk'>> = {},
): DrawnOrder {
  const resourceType: ChaosResourceType = given.resourceType ?? oneOf(dice, RESOURCE_TYPES);
  const changeType = given.changeType ?? oneOf(dice, ['Added', 'Added', 'Modified', 'Deleted']);
  const assignmentId = given.assignmentId ?? String(500_000 + number);
  const desk = given.desk ?? drawDesk(dice);
  const owner = from(dice, 1, USERS);
  const userName = `user.${String(owner).padStart(6, '0')}`;
  const attributes = {
    identifier: `I${number}`,
    displayName: `Account ${number}`,
    ...oneOf(dice, HIDING_PLACES)(canary(number, 'order')),
  };
  const content = {
    // Identity Manager writes ids as texts; a number is taken for its text.
    AssignedResourceTypeId: dice.next() < 0.05 ? Number(assignmentId) : assignmentId,
    ChangeType: changeType,
    WorkflowInstanceId: String(800 + from(dice, 1, 50)),
    Owner: { Id: String(owner), InternalDisplayName: userName, EmployeeId: `E${owner}`, ServiceNowUserName: userName },
    ResourceType: {
      Id: '-41',
      SourceEntityType: { Id: '51', Identifier: 'Directory_User' },
      TargetEntityType: { Id: '70', Identifier: 'Chaos_Account' },
      Identifier: resourceType.identifier,
    },
    ...(changeType !== 'Added' && { Resource: { identifier: `I${number}`, displayName: `Before ${number}` } }),
    Changes:
      changeType === 'Deleted'
        ? {}
        : {
            ...attributes,
            roles_add: [{ Id: '501', DisplayName: `Role ${from(dice, 1, 9)}` }],
            // Beyond a message, and beyond what a ticket's text holds.
            ...(dice.next() < 0.02 && { notes: `Note ${number}. `.repeat(6_000) }),
          },
  };
  return { order: { assignmentId, changeType, resourceType, desk }, content };
}

/** Draws one order that can't become a ticket. */
export function drawInvalid(dice: Dice, number: number): DrawnInvalid {
  const mark = `chaos-invalid-${number}`;
  const { content } = drawOrder(dice, number, { changeType: 'Added' });
  const assignmentId = String(500_000 + number);
  const { AssignedResourceTypeId: _, ...withoutId } = content;
  const known = (what: string, changes: object) => ({
    order: { mark, what, assignmentId },
    content: { ...content, AssignedResourceTypeId: assignmentId, Mark: mark, ...changes },
  });
  const unknown = (what: string, invalid: unknown, more: Partial<DrawnInvalid> = {}) => ({
    order: { mark, what, assignmentId: undefined },
    content: invalid,
    ...more,
  });
  const draws: readonly [() => DrawnInvalid, ...(() => DrawnInvalid)[]] = [
    () => known('unknown resource type', { ResourceType: { Identifier: 'Chaos_Nobody_Knows' } }),
    () => known('unknown change type', { ChangeType: 'None' }),
    () => known('wrong types', { Owner: 5, Changes: 'none' }),
    () => known('resource type missing', { ResourceType: null }),
    () => unknown('assignment missing', { ...withoutId, Mark: mark }),
    () => unknown('not an order', { Mark: mark }),
    () => unknown('a text', `${mark}, not JSON`, { text: `${mark}, not JSON` }),
    () => unknown('half an order', mark, { text: JSON.stringify({ Mark: mark, ...content }).slice(0, 200) }),
    () => unknown('an empty list', { ProvisioningOrdersList: [], Mark: mark }),
    () => unknown('a blob that is missing', { OrdersBlob: `chaos/${mark}-missing.json` }),
    () =>
      unknown(
        'a blob that is not JSON',
        { OrdersBlob: `chaos/${mark}-rubbish.json` },
        { blob: { path: `chaos/${mark}-rubbish.json`, text: '{"ProvisioningOrdersList": [' } },
      ),
  ];
  return oneOf(dice, draws)();
}
