import type { Scenario } from '../../scenario.ts';

/** All incidents of a scenario. */
export const incidents = ({ environment }: Scenario) => environment.servicenow.records('incident');

/** All POSTs of incidents that the instance has dealt with. */
export const posts = ({ environment }: Scenario) =>
  environment.servicenow.requests.filter(({ method, table }) => method === 'POST' && table === 'incident');

/** The results that came, each once: they are sent at least once. */
export const ids = ({ results }: Scenario) => [...new Set(results.map(({ ResultId }) => ResultId))];

/** How often the hosts of a scenario logged an event. */
export const count = (scenario: Scenario, event: string) => scenario.logs().split(`"event":"${event}"`).length - 1;

/** Whether a ticket row of the ledger is in that state, with nothing pending. */
export async function rowIs({ environment }: Scenario, state: string): Promise<boolean> {
  for await (const { rowKey = '', State, Pending } of environment.table('tickets').listEntities()) {
    if (/^[^_].*\.\d+$/.test(rowKey) && State === state && Pending === undefined) return true;
  }
  return false;
}

/** Resolves when a ticket row is in that state; for what happens without a host's telling. */
export async function waitForRow(scenario: Scenario, state: string): Promise<void> {
  while (!(await rowIs(scenario, state)));
}

/** Whether no order waits or is being worked on. */
export async function queueIsEmpty({ environment }: Scenario): Promise<boolean> {
  return (await environment.queue('provisioning-orders').getProperties()).approximateMessagesCount === 0;
}

/** Closes a ticket as done, as a person at the service desk. */
export function close({ environment }: Scenario, incident: Readonly<Record<string, string>> | undefined): void {
  const done = { state: '7', close_code: 'Solution provided', close_notes: 'Done.' };
  environment.servicenow.update('incident', incident?.sys_id ?? '', done);
}
