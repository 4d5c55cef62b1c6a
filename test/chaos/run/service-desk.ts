import { canary } from '../canaries.ts';
import type { Dice } from '../plan/dice.ts';
import type { DeskStep, ValidOrder } from '../plan/plan.ts';
import type { ChaosResourceType } from '../plan/resource-types.ts';
import { prefixOf, ticketPrefix } from '../plan/ticket-prefix.ts';
import type { Places } from './start-places.ts';

/** The people who work the tickets while orders still come in. */
export interface ServiceDesk {
  /** Looks at the tickets and does the next step of some, or of all; says how many steps are left on those there are. */
  work(all: boolean): number;
}

const done = { close_code: 'Solution provided', close_notes: `Done. password: ${canary(0, 'notes')}` };

const INCIDENT: Readonly<Record<DeskStep, Readonly<Record<string, string>>>> = {
  work: { state: '2', work_notes: 'On it.' },
  close: { ...done, state: '7' },
  closeNotDone: { ...done, state: '7', close_code: 'Duplicate' },
  cancel: { state: '8', close_notes: 'Not wanted.' },
  resolve: { ...done, state: '6' },
  reopen: { state: '2' },
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
  },
};

/** How likely a ticket's next step is at each look. */
const LIKELY = 0.15;

/** Starts the desk; each ticket gets what its order plans, and the dice say when. */
export function makeServiceDesk(places: Places, orders: readonly ValidOrder[], dice: Dice): ServiceDesk {
  const planned = new Map(orders.map((order) => [ticketPrefix(order), order]));
  const stepsDone = new Map<string, number>();
  return {
    work(all) {
      let left = 0;
      for (const instance of Object.values(places.instances)) {
        for (const { sys_id: sysId = '', correlation_id: key = '', sys_class_name: table } of instance.records(
          'task',
        )) {
          const order = planned.get(prefixOf(key));
          const taken = stepsDone.get(sysId) ?? 0;
          const step = order?.desk[taken];
          if (order === undefined || step === undefined || table !== order.resourceType.table) continue;
          left += order.desk.length - taken;
          if (!all && dice.next() >= LIKELY) continue;
          instance.update(table, sysId, VALUES[table][step]);
          stepsDone.set(sysId, taken + 1);
          left -= 1;
        }
      }
      return left;
    },
  };
}
