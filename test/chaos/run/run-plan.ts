import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { PasswordResult } from '../../../shared/passwords/password-result.ts';
import type { ProvisioningResult } from '../../../shared/provisioning/result.ts';
import type { Evidence } from '../judge/evidence.ts';
import { diceFor } from '../plan/dice.ts';
import type { FaultKind } from '../plan/fault-kinds.ts';
import type { ChaosPlan, Delivery, PlannedReset } from '../plan/plan.ts';
import { collectEvidence } from './collect-evidence.ts';
import { makeSaboteur } from './commit-faults.ts';
import type { EventLog } from './event-log.ts';
import { startFleet } from './host-fleet.ts';
import { whatIsLeft } from './is-quiet.ts';
import { makeServiceDesk } from './service-desk.ts';
import { startPlaces } from './start-places.ts';

/** What came out of a run. */
export interface PlayedPlan {
  readonly evidence: Evidence;
  /** What really went wrong, by kind. */
  readonly faults: Partial<Record<FaultKind, number>>;
  /** What was still to be done when the waiting ended; nothing in a run that became quiet. */
  readonly left: readonly string[];
  readonly logs: readonly string[];
}

/** So many orders are under way at most, so that faults meet orders at every step. */
const UNDER_WAY = 80;
/** Where nothing gets done for so long, more is sent all the same. */
const PATIENCE_IN_MS = 6_000;
const LOOK_EVERY_IN_MS = 250;
const POLL_EVERY_IN_MS = 2_000;
const RECONCILE_EVERY_IN_MS = 5_000;
const WATCH_EVERY_IN_MS = 10_000;
const QUIET_WITHIN_IN_MS = 180_000;
const QUIET_WITHIN_PER_ORDER_IN_MS = 300;

/** Plays a plan from the first order to the last result, and reads what is left of it. */
export async function runPlan(plan: ChaosPlan, hosts: number, log: EventLog): Promise<PlayedPlan> {
  await using running = new AsyncDisposableStack();
  const places = running.adopt(await startPlaces(plan.seed), ({ close }) => close());
  const { environment } = places;
  const fleet = await startFleet(environment, places.hostSettings, hosts, log);
  const saboteur = makeSaboteur(places, fleet, log);
  const desk = makeServiceDesk(places, plan.valid, diceFor(plan.seed, 3));
  const dice = diceFor(plan.seed, 4);
  const results: ProvisioningResult[] = [];
  const passwordResults: PasswordResult[] = [];
  let [repeats, large] = [0, 0];

  const collect = async () => {
    results.push(...(await environment.receiveResults()));
    passwordResults.push(...(await environment.receivePasswordResults()));
  };
  const poll = () => fleet.run('pollTickets', dice.next());
  const reconcile = () => fleet.run('reconcileTickets', dice.next());
  const watch = () => fleet.run('watchQueues', dice.next());
  const ending = new AbortController();
  // Also where sending fails: nothing polls for ever then.
  running.defer(() => ending.abort());
  const until = (everyInMs: number, act: () => unknown) => repeat(everyInMs, act, ending.signal);
  const background = [
    until(LOOK_EVERY_IN_MS, () => desk.work(false)),
    until(LOOK_EVERY_IN_MS, collect),
    until(POLL_EVERY_IN_MS, poll),
    until(WATCH_EVERY_IN_MS, watch),
    until(RECONCILE_EVERY_IN_MS, reconcile),
  ];

  for (const { source, deliveryId, password = '' } of plan.resets)
    if (source === 'secret') environment.passwordVault.set(deliveryId, password);
  const faults = [...plan.faults];
  const resets = [...plan.resets];
  let [sent, told] = [0, 0];
  for (const delivery of plan.deliveries) {
    while (faults[0] && faults[0].afterOrders <= sent) {
      const fault = faults.shift();
      if (fault) saboteur.begin(fault);
    }
    for (const due of resets.splice(0, resets.findLastIndex(({ afterOrders }) => afterOrders <= sent) + 1))
      await sendReset(due);
    await roomForMore();
    await send(delivery);
    sent += delivery.orders;
    told += delivery.told;
    repeats += delivery.repeats;
  }
  for (const fault of faults) saboteur.begin(fault);
  for (const reset of resets) await sendReset(reset);
  log.add('all.sent', { orders: sent, repeats });
  await saboteur.repaired();
  log.add('all.repaired');

  const left = await becomeQuiet();
  ending.abort();
  await Promise.all(background);
  await fleet.stop();
  await collect();
  const logs = fleet.logs();
  const evidence = await collectEvidence(places, { results, passwordResults }, logs, desk.deleted);
  return {
    evidence,
    faults: { ...saboteur.happened(), ...(repeats > 0 && { duplicate: repeats }) },
    left,
    logs: [...logs, ...requestLines()],
  };

  async function send({ text, blob }: Delivery): Promise<void> {
    if (blob) {
      const client = environment.container('provisioning-orders').getBlockBlobClient(blob.path);
      await client.uploadData(Buffer.from(blob.text));
    }
    let message = text;
    if (Buffer.byteLength(text) > LARGEST_MESSAGE_IN_BYTES) {
      large += 1;
      const path = `chaos/large-${large}.json`;
      const { content, envelope } = apart(text);
      await environment.container('provisioning-orders').getBlockBlobClient(path).uploadData(Buffer.from(content));
      message = JSON.stringify({ ...envelope, OrdersBlob: path });
    }
    const queue = environment.queue('provisioning-orders');
    await queue.sendMessage(Buffer.from(message).toString('base64'), { messageTimeToLive: -1 });
  }

  async function sendReset({ deliveryId: DeliveryId, order: Order, copies }: PlannedReset): Promise<void> {
    const OrderedAt = `${new Date().toISOString()}#000000`;
    const envelope = { v: 1, Order, DeliveryId, OrderedAt, Attempt: 0, WaitedSeconds: 0 };
    for (let copy = 0; copy < copies; copy += 1) await environment.sendReset(envelope);
    repeats += copies - 1;
  }

  function settled(): number {
    return new Set(results.map(({ AssignmentId, ChangeType }) => `${AssignmentId} ${ChangeType}`)).size;
  }

  async function roomForMore(): Promise<void> {
    let [before, since] = [settled(), performance.now()];
    while (told - settled() > UNDER_WAY && performance.now() - since < PATIENCE_IN_MS) {
      await sleep(LOOK_EVERY_IN_MS);
      if (settled() > before) [before, since] = [settled(), performance.now()];
    }
  }

  async function becomeQuiet(): Promise<string[]> {
    const limit = performance.now() + QUIET_WITHIN_IN_MS + plan.valid.length * QUIET_WITHIN_PER_ORDER_IN_MS;
    for (;;) {
      let left = await whatIsLeft(environment);
      if (left.length === 0) {
        // Whatever fails from now on would prove nothing more.
        saboteur.stop();
        const stepsLeft = desk.work(true);
        const isReconciled = await reconcile();
        if (isReconciled) desk.deletionsWereSeen();
        const polled = (await poll()) && isReconciled;
        await collect();
        left = await whatIsLeft(environment);
        if (stepsLeft === 0 && polled && left.length === 0) return [];
      }
      log.add('not.quiet', { left });
      if (performance.now() > limit) return left.length > 0 ? left : ['tickets that are not polled'];
      await sleep(LOOK_EVERY_IN_MS * 4);
    }
  }

  function requestLines(): string[] {
    return Object.entries(places.instances).flatMap(([connection, { requests }]) =>
      requests.map((request) => `${connection}: ${JSON.stringify(request)}`),
    );
  }
}

/** 64 KiB of Base64. */
const LARGEST_MESSAGE_IN_BYTES = 48 * 1024;

/** What of a message may go by blob, and the envelope that stays around the reference to it. */
function apart(text: string): { content: string; envelope: object } {
  const { Order, ...envelope } = z.looseObject({ Order: z.optional(z.unknown()) }).parse(JSON.parse(text));
  return Order === undefined ? { content: text, envelope: {} } : { content: JSON.stringify(Order), envelope };
}

/** Acts again and again, with a pause after each time, until the signal. */
async function repeat(everyInMs: number, act: () => unknown, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await act();
    await sleep(everyInMs, undefined, { signal }).catch(() => {});
  }
}
