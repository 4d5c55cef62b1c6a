import { neutralLine } from '../neutral-text.ts';
import type { ChangeType, ProvisioningOrder } from '../provisioning/order.ts';
import { LONGEST_SHOWN, shownValue } from './shown-value.ts';

/** What an order asks to be done to its resource, ready to be shown. */
export interface OrderChanges {
  /** Names the resource that is there: of a change or a removal. */
  readonly resource: readonly ShownAttribute[];
  /** Attributes that get a value, with the old one where it is known. */
  readonly values: readonly ShownAttribute[];
  readonly addedLinks: readonly ShownLinks[];
  readonly removedLinks: readonly ShownLinks[];
}

/** One attribute with its values as people read them. */
interface ShownAttribute {
  readonly name: string;
  readonly value: string;
  readonly old?: string;
}

/** Links of one navigation that are added or removed, by name. */
interface ShownLinks {
  readonly name: string;
  readonly links: readonly string[];
}

/** Attributes that name a person or a resource: what may always be shown, in lower case. */
const IDENTIFYING = new Set([
  'identifier',
  'displayname',
  'internaldisplayname',
  'name',
  'cn',
  'dn',
  'distinguishedname',
  'samaccountname',
  'userprincipalname',
  'login',
  'username',
  'user_name',
  'email',
  'mail',
  'employeeid',
  'employeenumber',
  'employee_number',
  'number',
  'code',
  'serialnumber',
]);

/** Whether an attribute that does not change may be shown: by default names and identifiers, more by the mapping. */
export function mayBeShown(name: string, allowed: readonly string[]): boolean {
  return IDENTIFYING.has(name.toLowerCase()) || allowed.includes(name);
}

/** Tells what an order changes, each value up to `longest` characters; of what does not change only what may be shown. Pure. */
export function changesOf(
  { Changes, Resource }: ProvisioningOrder,
  changeType: ChangeType,
  allowed: readonly string[],
  longest = LONGEST_SHOWN,
): OrderChanges {
  const shown = ([name, value]: readonly [string, unknown]) => ({
    name: neutralLine(name, 200),
    value: shownValue(name, value, longest),
  });
  const resource = changeType === 'Added' ? [] : attributes(Resource).filter(([name]) => mayBeShown(name, allowed));
  if (changeType === 'Deleted') return { resource: resource.map(shown), values: [], addedLinks: [], removedLinks: [] };
  const changes = attributes(Changes).map((entry) => ({ entry, links: linksIn(entry, longest) }));
  const linksOf = (action: string) => changes.flatMap(({ links }) => (links?.action === action ? [links] : []));
  return {
    // What changes is shown with its old value.
    resource: resource.filter(([name]) => !Object.hasOwn(Changes ?? {}, name)).map(shown),
    values: changes.flatMap(({ entry: [name, value], links }) => {
      if (links) return [];
      const old = changeType === 'Modified' && Resource && Object.hasOwn(Resource, name) ? Resource[name] : undefined;
      return [{ ...shown([name, value]), ...(old !== undefined && { old: shownValue(name, old, longest) }) }];
    }),
    addedLinks: linksOf('add'),
    removedLinks: linksOf('remove'),
  };
}

/** Added and removed links stand in orders as lists under `<navigation>_add` and `<navigation>_remove`. */
function linksIn([name, value]: readonly [string, unknown], longest: number) {
  const [, navigation, action] = /^(.+)_(add|remove)$/s.exec(name) ?? [];
  if (navigation === undefined || !Array.isArray(value)) return undefined;
  return {
    action,
    name: neutralLine(navigation, 200),
    links: value.map((link) => shownValue(navigation, link, longest)),
  };
}

function attributes(values: Readonly<Record<string, unknown>> | null | undefined): [string, unknown][] {
  // A number of Identity Manager's own that tells nobody anything.
  return Object.entries(values ?? {}).filter(([name]) => name !== 'Id');
}
