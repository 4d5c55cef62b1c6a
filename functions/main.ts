import { app } from '@azure/functions';
import { buildConnections } from '../shared/build-connections.ts';
import { systemClock as clock } from '../shared/clock.ts';
import { readConfig } from '../shared/config.ts';
import { makeHolds } from '../shared/limits/holds.ts';
import { makePermits } from '../shared/limits/permits.ts';
import { makeTrackRecord } from '../shared/limits/track-record.ts';
import { makeMappings } from '../shared/provisioning/mappings.ts';
import { makeOrderStore } from '../shared/provisioning/order-store.ts';
import { makeWithPermit } from '../shared/servicenow/with-permit.ts';
import { blobStore } from '../shared/storage/blob-store.ts';
import { makeManagedIdentities } from '../shared/storage/credential.ts';
import { entityTable } from '../shared/storage/entity-table.ts';
import { messageQueue } from '../shared/storage/message-queue.ts';
import { makeCreateTicket } from '../shared/tickets/create-ticket.ts';
import { makeTicketDrafter } from '../shared/tickets/draft-ticket.ts';
import { CALLER, GROUP, makeRecordFinder } from '../shared/tickets/find-record.ts';
import { makeFollowTicket } from '../shared/tickets/follow-ticket.ts';
import { makeLedger } from '../shared/tickets/ledger.ts';
import { makeOpenTicket } from '../shared/tickets/open-ticket.ts';
import { makePollTickets } from '../shared/tickets/poll-tickets.ts';
import { makePutBack } from '../shared/tickets/put-back.ts';
import { makeReceiveOrders } from '../shared/tickets/receive-orders.ts';
import { makeRejectOrder } from '../shared/tickets/reject-order.ts';
import { makeSettlePending } from '../shared/tickets/settle-pending.ts';
import { makeCreateTicketHandler, ORDERS_QUEUE } from './create-ticket.ts';
import { invocationLog as log } from './invocation-log.ts';
import { makePollTicketsHandler } from './poll-tickets.ts';

const config = readConfig(process.env);
const random = Math.random;

// Storage, vault and settings, all reached with the app's identity. Clients are built at their first use.
const credentialOf = makeManagedIdentities();
const credential = credentialOf(config.identityClientId);
const container = (name: string) =>
  blobStore(`${config.storage.blobServiceUrl.replace(/\/$/, '')}/${name}`, credential);
const queue = (name: string) => messageQueue(config.storage.queueServiceUrl, name, credential);
const orders = queue(ORDERS_QUEUE);
const poison = queue(`${ORDERS_QUEUE}-poison`);
const results = queue('provisioning-results');
const store = makeOrderStore(container('provisioning-orders'));
const ledger = makeLedger(entityTable(config.storage.tableServiceUrl, 'tickets', credential));

const { readSettings, serviceNow } = buildConnections({
  config,
  directory: process.cwd(),
  credentialOf,
  clock,
  random,
  log,
});
const mappings = makeMappings(readSettings, log);

// What is bounded per ServiceNow host.
const withPermit = makeWithPermit({ permits: makePermits(), random, config });
const holds = makeHolds();
const track = makeTrackRecord(clock.monotonicInMs);

// The use cases.
const settle = makeSettlePending({ ledger, results, poison, log });
const follow = makeFollowTicket({ ledger, settle, clock, log });
const open = makeOpenTicket({ ledger, results, follow, clock, log });
const putBack = makePutBack({ ledger, orders, store, clock, log });
const reject = makeRejectOrder({ ledger, poison, store, settle, putBack, clock, log });
const callers = makeRecordFinder(clock, CALLER);
const groups = makeRecordFinder(clock, GROUP);
const drafter = makeTicketDrafter({ config, callers, groups, holds, log });
const create = makeCreateTicket({
  config,
  ledger,
  withPermit,
  holds,
  track,
  drafter,
  settle,
  open,
  putBack,
  clock,
  log,
});
const receive = makeReceiveOrders({
  config,
  mappings,
  ledger,
  serviceNow,
  create,
  reject,
  putBack,
  orders,
  store,
  track,
  random,
  log,
});
const poll = makePollTickets({
  config,
  mappings,
  serviceNow,
  withPermit,
  ledger,
  follow,
  cookies: container('connector-state'),
  clock,
  log,
});

app.storageQueue('createTicket', {
  queueName: ORDERS_QUEUE,
  connection: 'ConnectorStorage',
  handler: makeCreateTicketHandler(receive, clock.now),
});

app.timer('pollTickets', { schedule: config.pollSchedule, handler: makePollTicketsHandler(poll) });
