import { expect, test } from 'vitest';
import { anOrder } from '../../orders.ts';
import type { Scenario } from '../../scenario.ts';
import {
  BARE,
  expectOneMarked,
  FROM_CATALOG,
  items,
  killAt,
  queueIsEmpty,
  records,
  SECONDS_90,
  start,
  states,
  UNTRACEABLE,
} from './request-scenario.ts';

const count = (scenario: Scenario, text: string) => scenario.logs().split(text).length - 1;
const held = (scenario: Scenario) => count(scenario, '"event":"order.held"');
const orders = ({ environment }: Scenario) =>
  environment.servicenow.requests.filter(({ method, table }) => method === 'POST' && table === 'sc_request');

async function send({ environment }: Scenario, ...assignments: string[]): Promise<void> {
  for (const AssignedResourceTypeId of assignments) await environment.sendOrder(anOrder({ AssignedResourceTypeId }));
}

/** Lets the instance refuse an operation on a table to our account, or for another reason that it gives. */
function refuse({ environment }: Scenario, method: string, table: string, body?: object): () => void {
  return environment.servicenow.addFault({
    match: { method, table },
    action: { status: 403, ...(body && { body: { ...body } }) },
  });
}

/** What the instance shows of requested items: as many rows as it counts are hidden. */
function hideItems({ environment }: Scenario, counted: number): () => void {
  return environment.servicenow.addFault({
    match: { method: 'GET', table: 'sc_req_item' },
    action: { status: 200, headers: { 'X-Total-Count': String(counted) }, body: { result: [] } },
  });
}

const ruledOut = { error: { message: 'Operation Failed', detail: 'Data Policy Exception' }, status: 'failure' };

test.concurrent.each<[name: string, mapping: object, break_: (scenario: Scenario) => () => void]>([
  ['the account may not write requested items', FROM_CATALOG, (scenario) => refuse(scenario, 'PATCH', 'sc_req_item')],
  ['the account may not write requests', FROM_CATALOG, (scenario) => refuse(scenario, 'PATCH', 'sc_request')],
  ['the account may not read what it ordered', FROM_CATALOG, (scenario) => hideItems(scenario, 1)],
  ['nothing shows the account what it ordered', FROM_CATALOG, (scenario) => hideItems(scenario, 0)],
  ['a rule refuses every mark', FROM_CATALOG, (scenario) => refuse(scenario, 'PATCH', 'sc_req_item', ruledOut)],
  [
    'the account may not make the item of a request without the catalog',
    BARE,
    (scenario) => refuse(scenario, 'POST', 'sc_req_item'),
  ],
])(
  'while %s, one request is begun and no other, and then each order has its one ticket',
  SECONDS_90,
  async (_name, mapping, break_) => {
    await using scenario = await start(mapping);
    const mend = break_(scenario);
    await scenario.startHost();
    await send(scenario, 'first');
    await scenario.until(() => scenario.logs().includes('"event":"hold.placed"'));
    const before = held(scenario);
    await send(scenario, 'second', 'third');
    // Each of the three has been looked at several times.
    await scenario.until(() => held(scenario) >= before + 15);
    expect(orders(scenario)).toHaveLength(1);
    expect(scenario.results).toEqual([]);
    expect(scenario.logs()).toMatch(/"event":"hold.placed".*"kind":"unfinished"/);
    mend();
    await scenario.until(() => new Set(scenario.results.map(({ AssignmentId }) => AssignmentId)).size === 3);
    expect([items(scenario).length, records(scenario, 'sc_request').length]).toEqual([3, 3]);
    expect(new Set(items(scenario).map(({ correlation_id: key }) => key?.split('.')[0]))).toEqual(
      new Set(['first', 'second', 'third']),
    );
    expect([count(scenario, '"event":"hold.placed"'), count(scenario, '"event":"hold.ended"')]).toEqual([1, 1]);
    expect(states(scenario)).toEqual(Array(3).fill('Transmitted'));
  },
);

test.concurrent(
  'a request begun earlier whose item was hidden since waits alone, and is completed when it shows again',
  SECONDS_90,
  async () => {
    await using scenario = await start(FROM_CATALOG);
    const { servicenow } = scenario.environment;
    await killAt(scenario, { method: 'PATCH', table: 'sc_req_item' });
    const sysId = items(scenario)[0]?.sys_id ?? '';
    servicenow.hide('sc_req_item', sysId);
    await scenario.startHost();
    await scenario.until(() => /"event":"order.held".*may not read/.test(scenario.logs()));
    await send(scenario, 'other');
    await scenario.until(() => scenario.results.some(({ AssignmentId }) => AssignmentId === 'other'));
    expect(scenario.logs()).not.toContain('hold.placed');
    servicenow.hide('sc_req_item', sysId, false);
    await scenario.until(() => scenario.results.some(({ AssignmentId }) => AssignmentId === '3930001'));
    expect(items(scenario).map(({ correlation_id: key }) => key?.split('.')[0])).toEqual(['3930001', 'other']);
  },
);

test.concurrent(
  'a host killed while it orders without a variable for the key: ordered once, and left to a person',
  SECONDS_90,
  async () => {
    await using scenario = await start(UNTRACEABLE);
    await killAt(scenario, { method: 'POST', table: 'sc_request' }, 'after');
    await scenario.startHost();
    await scenario.until(async () => (await scenario.environment.peekPoison()).length === 1, 80_000);
    await scenario.until(() => scenario.results.length >= 1);
    expect(orders(scenario)).toHaveLength(1);
    expect(items(scenario)).toHaveLength(1);
    expect(states(scenario)).toEqual(['Errored']);
    expect(await scenario.environment.peekPoison()).toEqual([
      expect.objectContaining({ Reason: expect.stringMatching(/Check by hand/) }),
    ]);
  },
);

const notAuthorized = { error: { message: 'User Not Authorized', detail: 'Insufficient rights' }, status: 'failure' };

test.concurrent.each([
  ['ordering is refused to the account', ['sc_request']],
  ['everything is refused to the account', ['sc_request', 'sc_req_item']],
])('without a variable for the key, orders wait while %s, and none is given up', SECONDS_90, async (_name, tables) => {
  await using scenario = await start(UNTRACEABLE);
  const { servicenow } = scenario.environment;
  const mend = tables.map((table) =>
    servicenow.addFault({ match: { table }, action: { status: 403, body: notAuthorized } }),
  );
  await scenario.startHost();
  await send(scenario, 'first', 'second');
  await scenario.until(() => scenario.logs().includes('"event":"hold.placed"') && held(scenario) >= 6);
  expect(scenario.results).toEqual([]);
  expect(await scenario.environment.peekPoison()).toEqual([]);
  for (const end of mend) end();
  await scenario.until(() => new Set(scenario.results.map(({ AssignmentId }) => AssignmentId)).size === 2);
  expect(items(scenario)).toHaveLength(2);
  expect(states(scenario)).toEqual(['Transmitted', 'Transmitted']);
});

test.concurrent(
  'without a variable for the key, what a rule refuses is an error in its own words, and a 500 is tried again',
  SECONDS_90,
  async () => {
    await using scenario = await start(UNTRACEABLE);
    const { servicenow } = scenario.environment;
    const match = { method: 'POST', table: 'sc_request' };
    servicenow.addFault({ match, times: 1, action: { status: 403, body: ruledOut } });
    await scenario.startHost();
    await send(scenario, 'refused');
    await scenario.until(() => scenario.results.length === 1);
    expect(scenario.results[0]).toMatchObject({
      ProvisioningState: 'Errored',
      Message: expect.stringMatching(/^(?!.*by hand).*Data Policy Exception/),
    });
    servicenow.addFault({ match, times: 1, action: { status: 500 } });
    await scenario.environment.sendOrder(anOrder());
    await scenario.until(() => scenario.results.length >= 2);
    await scenario.until(() => queueIsEmpty(scenario));
    expectOneMarked(scenario);
    expect(states(scenario)).toEqual(['Errored', 'Transmitted']);
  },
);

test.concurrent(
  'without a variable for the key, a 500 is told from what another order has ordered a moment before',
  SECONDS_90,
  async () => {
    await using scenario = await start(UNTRACEABLE);
    const { servicenow } = scenario.environment;
    await scenario.startHost({ REQUEST_TIMEOUT_SECONDS: '10' });
    await send(scenario, 'before');
    await scenario.until(() => scenario.results.length === 1);
    servicenow.addFault({ match: { method: 'PATCH', table: 'sc_req_item' }, times: 1, action: { delayInMs: 1_500 } });
    const ordered = servicenow.waitForCommit();
    await send(scenario, 'other');
    await ordered;
    const match = { method: 'POST', table: 'sc_request' };
    servicenow.addFault({ match, times: 1, action: { status: 500 } });
    await send(scenario, 'failed');
    await scenario.until(() => new Set(scenario.results.map(({ AssignmentId }) => AssignmentId)).size === 3);
    expect(items(scenario)).toHaveLength(3);
    expect(states(scenario)).toEqual(Array(3).fill('Transmitted'));
  },
);

test.concurrent(
  'without a variable for the key, a refused order that was carried out all the same goes to a person',
  SECONDS_90,
  async () => {
    await using scenario = await start(UNTRACEABLE);
    const match = { method: 'POST', table: 'sc_request' };
    scenario.environment.servicenow.addFault({ match, times: 1, phase: 'after', action: { status: 403 } });
    await scenario.startHost();
    await send(scenario, 'first');
    await scenario.until(async () => (await scenario.environment.peekPoison()).length === 1);
    expect(items(scenario)).toHaveLength(1);
    expect(await scenario.environment.peekPoison()).toEqual([
      expect.objectContaining({ Reason: expect.stringMatching(/Check by hand/) }),
    ]);
  },
);
