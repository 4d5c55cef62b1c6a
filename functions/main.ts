import { randomUUID } from 'node:crypto';
import { app } from '@azure/functions';
import { buildConnections } from '../shared/build-connections.ts';
import { systemClock as clock } from '../shared/clock.ts';
import { readConfig } from '../shared/config.ts';
import { makeExportEntities } from '../shared/exports/export-entities.ts';
import { makeExportTable } from '../shared/exports/export-table.ts';
import { makeOnFailure } from '../shared/on-failure.ts';
import { makeOnceADay } from '../shared/once-a-day.ts';
import { makeObtainPassword } from '../shared/passwords/obtain-password.ts';
import { makePasswordVault } from '../shared/passwords/password-vault.ts';
import { openPoisonedReset, summarizeReset } from '../shared/passwords/poisoned-reset.ts';
import { makeReceiveResets } from '../shared/passwords/receive-resets.ts';
import { makeRejectReset } from '../shared/passwords/reject-reset.ts';
import { makeResetLedger } from '../shared/passwords/reset-ledger.ts';
import { makeResetPassword } from '../shared/passwords/reset-password.ts';
import { makeSettleReset } from '../shared/passwords/settle-reset.ts';
import { makePutBackPace } from '../shared/poison/put-back-pace.ts';
import { makeWatchPoison } from '../shared/poison/watch-poison.ts';
import { makeWatchQueues } from '../shared/poison/watch-queues.ts';
import { makeMappings } from '../shared/provisioning/mappings.ts';
import { makeOrderStore } from '../shared/provisioning/order-store.ts';
import { makeWithPermit } from '../shared/servicenow/with-permit.ts';
import { blobStore } from '../shared/storage/blob-store.ts';
import { makeManagedIdentities } from '../shared/storage/credential.ts';
import { entityTable } from '../shared/storage/entity-table.ts';
import { messageQueue } from '../shared/storage/message-queue.ts';
import { queueReader } from '../shared/storage/queue-reader.ts';
import {
  ORDERS_QUEUE,
  POISON_QUEUE,
  RESETS_POISON_QUEUE,
  RESETS_QUEUE,
  STORAGE_NAMES,
} from '../shared/storage/storage-names.ts';
import { makeAttachDetails } from '../shared/tickets/attach-details.ts';
import { makeCreateTicket } from '../shared/tickets/create-ticket.ts';
import { makeTicketDrafter } from '../shared/tickets/draft-ticket.ts';
import { makeEndLostTickets } from '../shared/tickets/end-lost-tickets.ts';
import { makeExplainEnding } from '../shared/tickets/explain-ending.ts';
import { makeRecordFinder } from '../shared/tickets/find-record.ts';
import { makeFollowTicket } from '../shared/tickets/follow-ticket.ts';
import { makeKeepRepeat } from '../shared/tickets/keep-repeat.ts';
import { makeLedger } from '../shared/tickets/ledger.ts';
import { makeOpenTicket } from '../shared/tickets/open-ticket.ts';
import { makePollTable } from '../shared/tickets/poll-table.ts';
import { makePollTickets } from '../shared/tickets/poll-tickets.ts';
import { makePutBack } from '../shared/tickets/put-back.ts';
import { makeReceiveOrders } from '../shared/tickets/receive-orders.ts';
import { makeReconcileChunk } from '../shared/tickets/reconcile-chunk.ts';
import { makeReconcileConnection } from '../shared/tickets/reconcile-connection.ts';
import { makeReconcileTickets } from '../shared/tickets/reconcile-tickets.ts';
import { makeRejectOrder } from '../shared/tickets/reject-order.ts';
import { makeReportStrangers } from '../shared/tickets/report-strangers.ts';
import { makeSettlePending } from '../shared/tickets/settle-pending.ts';
import { makeTakeOver } from '../shared/tickets/take-over.ts';
import { makeCreateTicketHandler } from './create-ticket.ts';
import { makeExportEntitiesHandler } from './export-entities.ts';
import { invocationLog as log } from './invocation-log.ts';
import { makePollTicketsHandler } from './poll-tickets.ts';
import { makeReconcileTicketsHandler } from './reconcile-tickets.ts';
import { makeResetPasswordHandler } from './reset-password.ts';
import { makeWatchQueuesHandler } from './watch-queues.ts';

const config = readConfig(process.env);
const random = Math.random;

// Storage, vault and settings, all reached with the app's identity. Clients are built at their first use.
const credentialOf = makeManagedIdentities();
const credential = credentialOf(config.identityClientId);
const container = (name: string) =>
  blobStore(`${config.storage.blobServiceUrl.replace(/\/$/, '')}/${name}`, credential);
const queue = (name: string) => messageQueue(config.storage.queueServiceUrl, name, credential);
const orders = queue(ORDERS_QUEUE);
const poison = queue(POISON_QUEUE);
const results = queue('provisioning-results');
const resetsQueue = queue(RESETS_QUEUE);
const resetsPoison = queue(RESETS_POISON_QUEUE);
const reader = (name: string) => queueReader(config.storage.queueServiceUrl, name, credential);
const store = makeOrderStore(container('provisioning-orders'));
const tickets = entityTable(config.storage.tableServiceUrl, 'tickets', credential);
const ledger = makeLedger(tickets, clock);

const { readSettings, serviceNow, permits, holds, brake, track, clients, loadCertificate } = buildConnections({
  config,
  directory: process.cwd(),
  credentialOf,
  clock,
  random,
  log,
});
const mappings = makeMappings(readSettings, log);

// What is bounded per ServiceNow host.
const withPermit = makeWithPermit({ permits, random, config });

// The use cases.
const settle = makeSettlePending({ ledger, results, poison, log });
const isDue = makeOnceADay(clock);
const explain = makeExplainEnding({ withPermit, isDue, log });
const follow = makeFollowTicket({ ledger, settle, explain, isDue, clock, log });
const open = makeOpenTicket({ ledger, results, follow, clock, log });
const putBack = makePutBack({ ledger, orders, store, clock, log });
const reject = makeRejectOrder({ ledger, poison, store, settle, putBack, clock, log });
const drafter = makeTicketDrafter({ config, records: makeRecordFinder(clock), holds, clock, log });
const create = makeCreateTicket({
  config,
  ledger,
  withPermit,
  brake,
  track,
  drafter,
  attach: makeAttachDetails({ withPermit, log }),
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
  keepRepeat: makeKeepRepeat({ ledger, poison, store, log }),
  putBack,
  orders,
  store,
  holds,
  onFailure: makeOnFailure({ config, holds, track, putBack, random }),
  log,
});
const poll = makePollTickets({
  mappings,
  serviceNow,
  pollTable: makePollTable({ config, mappings, withPermit, ledger, follow, isDue, clock, log }),
  cookies: container('connector-state'),
  log,
});

const resets = makeResetLedger(tickets);
const settleReset = makeSettleReset({
  resets,
  ledger,
  results: queue('password-results'),
  poison: resetsPoison,
  log,
});
const putBackReset = makePutBack({ ledger, orders: resetsQueue, store, clock, log, work: 'reset' });
const receiveReset = makeReceiveResets({
  serviceNow,
  resets,
  reset: makeResetPassword({
    config,
    resets,
    mappings,
    readSettings,
    obtain: makeObtainPassword({
      config,
      vault: makePasswordVault({
        url: config.passwordVaultUrl,
        clientId: config.identityClientId,
        clients,
        now: clock.now,
      }),
      readSettings,
      loadCertificate,
      clock,
    }),
    withPermit,
    track,
    settle: settleReset,
    clock,
    log,
  }),
  settle: settleReset,
  reject: makeRejectReset({ resets, settle: settleReset, clock, log }),
  putBack: putBackReset,
  holds,
  onFailure: makeOnFailure({ config, holds, track, putBack: putBackReset, random }),
  log,
});

const exportEntities = makeExportEntities({
  config,
  readSettings,
  serviceNow,
  exportTable: makeExportTable({
    config,
    withPermit,
    output: container('export-output'),
    state: container('connector-state'),
    isDue,
    newId: randomUUID,
    clock,
    log,
  }),
  clock,
  log,
});
const reconcile = makeReconcileTickets({
  mappings,
  serviceNow,
  reconcileConnection: makeReconcileConnection({
    config,
    mappings,
    withPermit,
    ledger,
    settle,
    reportStrangers: makeReportStrangers({ withPermit, ledger, isDue, log }),
    reconcileChunk: makeReconcileChunk({ withPermit, ledger, settle, follow, isDue, clock, log }),
    takeOver: makeTakeOver({ config, mappings, withPermit, open, clock, log }),
    endLost: makeEndLostTickets({ withPermit, ledger, settle, holds, clock, log }),
    state: container('connector-state'),
    clock,
    log,
  }),
  log,
});

const pace = makePutBackPace({ state: container('connector-state'), clock });
const watch = makeWatchQueues({
  watchPoison: [
    makeWatchPoison({ poison: { ...poison, ...reader(POISON_QUEUE) }, orders, store, pace, log }),
    makeWatchPoison({
      poison: { ...resetsPoison, ...reader(RESETS_POISON_QUEUE) },
      orders: resetsQueue,
      store,
      pace,
      log,
      open: openPoisonedReset,
      summarize: summarizeReset,
    }),
  ],
  queues: Object.fromEntries(STORAGE_NAMES.queue.map((name) => [name, reader(name)])),
  orders: reader(ORDERS_QUEUE),
  resets: reader(RESETS_QUEUE),
  ledger,
  mappings,
  clock,
  log,
});

app.storageQueue('createTicket', {
  queueName: ORDERS_QUEUE,
  connection: 'ConnectorStorage',
  handler: makeCreateTicketHandler(receive, clock.now),
});

app.storageQueue('resetPassword', {
  queueName: RESETS_QUEUE,
  connection: 'ConnectorStorage',
  handler: makeResetPasswordHandler(receiveReset, clock.now),
});

app.timer('pollTickets', { schedule: config.pollSchedule, handler: makePollTicketsHandler(poll) });

app.timer('exportEntities', { schedule: config.exportSchedule, handler: makeExportEntitiesHandler(exportEntities) });
app.timer('reconcileTickets', { schedule: config.reconcileSchedule, handler: makeReconcileTicketsHandler(reconcile) });

app.timer('watchQueues', { schedule: config.watchSchedule, handler: makeWatchQueuesHandler(watch) });
