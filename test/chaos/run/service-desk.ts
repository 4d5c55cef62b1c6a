import { canary } from '../canaries.ts';
import type { TicketEvidence } from '../judge/evidence.ts';
import type { Dice } from '../plan/dice.ts';
import type { DeskStep, ValidOrder } from '../plan/plan.ts';
import { type ChaosResourceType, CONNECTIONS, type ConnectionName } from '../plan/resource-types.ts';
import { prefixOf, ticketPrefix } from '../plan/ticket-prefix.ts';
import type { Places } from './start-places.ts';

/** The people who work the tickets while orders still come in. */
export interface ServiceDesk {
  /** Looks at the tickets and does the next step of some, or of all; says how many steps are left on those there are. */
  work(all: boolean): number;
  /** Said when everything that was deleted so far has been seen: a few more may go then, and many at once would be an alert. */
  deletionsWereSeen(): void;
  /** What was deleted, as it was then. */
  readonly deleted: readonly TicketEvidence[];
}

const done = { close_code: 'Solution provided', close_notes: `Done. password: ${canary(0, 'notes')}` };

/** What the desk writes; what else it does, {@link makeServiceDesk} knows. */
type WrittenStep = Exclude<DeskStep, 'delete'>;

const INCIDENT: Readonly<Record<WrittenStep, Readonly<Record<string, string>>>> = {
  work: { state: '2', work_notes: 'On it.' },
  close: { ...done, state: '7' },
  closeNotDone: { ...done, state: '7', close_code: 'Duplicate' },
  cancel: { state: '8', close_notes: 'Not wanted.' },
  resolve: { ...done, state: '6' },
  reopen: { state: '2' },
  closeUnseen: { ...done, state: '7' },
};

/** A requested item is never resolved: it is closed as complete, incomplete or skipped. */
const VALUES: Readonly<Record<ChaosResourceType['table'], typeof INCIDENT>> = {
  incident: INCIDENT,
  sc_req_item: {
    ...INCIDENT,
    close: { close_notes: done.close_notes, state: '3' },
    closeNotDone: { close_notes: done.close_notes, state: '4' },
    cancel: { close_notes: 'Not wanted.', state: '7' },
    resolve: { work_notes: 'Nearly done.' },
    closeUnseen: { close_notes: done.close_notes, state: '3' },
  },
};

/** More at once would be held, for an operator to decide. */
const MOST_DELETED_AT_ONCE = 4;

/** How likely a ticket's next step is at each look. */
const LIKELY = 0.15;

/** Starts the desk; each ticket gets what its order plans, and the dice say when. */
export function makeServiceDesk(places: Places, orders: readonly ValidOrder[], dice: Dice): ServiceDesk {
  const planned = new Map(orders.map((order) => [ticketPrefix(order), order]));
  const stepsDone = new Map<string, number>();
  const deleted: TicketEvidence[] = [];
  let unseen = 0;

  /** Says whether it was done: while a ticket is still being made, one that vanishes would be made again, and rightly so. */
  function take(
    step: DeskStep,
    connection: ConnectionName,
    record: Readonly<Record<string, string>>,
    all: boolean,
  ): boolean {
    const { sys_id: sysId = '', sys_class_name: table } = record;
    const instance = places.instances[connection];
    const values = VALUES[table === 'incident' ? table : 'sc_req_item'];
    if (step === 'closeUnseen') instance.overwrite(table ?? '', sysId, values[step]);
    else if (step !== 'delete') instance.update(table ?? '', sysId, values[step]);
    else if (!all || unseen >= MOST_DELETED_AT_ONCE) return false;
    else {
      unseen += 1;
      deleted.push({ connection, record: { ...record, deleted: 'true' } });
      instance.remove(table ?? '', sysId);
    }
    return true;
  }

  return {
    deleted,
    deletionsWereSeen() {
      unseen = 0;
    },
    work(all) {
      let left = 0;
      for (const connection of CONNECTIONS) {
        for (const record of places.instances[connection].records('task')) {
          const { sys_id: sysId = '', correlation_id: key = '', sys_class_name: table } = record;
          const order = planned.get(prefixOf(key));
          const taken = stepsDone.get(sysId) ?? 0;
          const step = order?.desk[taken];
          if (order === undefined || step === undefined || table !== order.resourceType.table) continue;
          left += order.desk.length - taken;
          if (!all && dice.next() >= LIKELY) continue;
          if (!take(step, connection, record, all)) continue;
          stepsDone.set(sysId, taken + 1);
          left -= 1;
        }
      }
      return left;
    },
  };
}
