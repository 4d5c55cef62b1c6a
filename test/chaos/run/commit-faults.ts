import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { messageOf } from '../../../shared/errors.ts';
import type { FaultKind } from '../plan/fault-kinds.ts';
import type { Deed, PlannedFault } from '../plan/plan.ts';
import type { ConnectionName } from '../plan/resource-types.ts';
import type { EventLog } from './event-log.ts';
import type { HostFleet } from './host-fleet.ts';
import type { Places } from './start-places.ts';

/** Lets things go wrong. */
export interface Saboteur {
  /** Begins with a fault; what it takes to end it goes on by itself. */
  begin(fault: PlannedFault): void;
  /** Resolves when passwords, accounts and hosts are as they should be; the next requests may still fail. */
  repaired(): Promise<void>;
  /** Nothing fails any more, whatever was to come. */
  stop(): void;
  /** What really happened, by kind. */
  happened(): Partial<Record<FaultKind, number>>;
}

/** A login has to come back in this time; where it does not, the run ends with orders that wait for it. */
const RESTORED_WITHIN_IN_MS = 120_000;
const MOST_RELEASES = 4;
const COMMIT_WITHIN_IN_MS = 5_000;
const REFUSED_WITHIN_IN_MS = 4_000;

const connectionsTool = fileURLToPath(new URL('../../../infra/tools/connections.ts', import.meta.url));

/** Binds the faults of a run to where it happens. */
export function makeSaboteur(places: Places, fleet: HostFleet, log: EventLog): Saboteur {
  const running = new Set<Promise<void>>();
  const counts: Partial<Record<FaultKind, number>> = {};
  const endings: (() => void)[] = [];
  // What concerns a connection's account, and what kills, goes one after the other.
  const lines = new Map<string, Promise<void>>();
  let last = 0;

  function inLine(name: string, act: () => Promise<void>): Promise<void> {
    const next = (lines.get(name) ?? Promise.resolve()).then(act);
    lines.set(name, next);
    return next;
  }

  function answerBadly(kind: FaultKind, { connection, rule, resetInSeconds }: Extract<Deed, { does: 'answerBadly' }>) {
    const { action } = rule;
    const reset = resetInSeconds && { 'X-RateLimit-Reset': String(Math.floor(Date.now() / 1000) + resetInSeconds) };
    const headers = { ...action.headers, ...reset };
    endings.push(
      places.instances[connection].addFault({
        ...rule,
        id: `${kind}.${++last}`,
        action: { ...action, ...(Object.keys(headers).length > 0 && { headers }) },
      }),
    );
  }

  /** Where nothing is written for long, it is no reason to wait. */
  async function commit(): Promise<void> {
    const commits = Object.values(places.instances).map(({ waitForCommit }) => waitForCommit());
    await Promise.race([...commits, sleep(COMMIT_WITHIN_IN_MS, undefined, { ref: false })]);
  }

  async function refusal(connection: ConnectionName): Promise<void> {
    try {
      await places.instances[connection].waitForRequest(({ status }) => status === 401, REFUSED_WITHIN_IN_MS);
      log.add('login.refused', { connection });
    } catch {
      // Nobody signed in meanwhile.
    }
  }

  async function restored(connection: ConnectionName, withinInMs = RESTORED_WITHIN_IN_MS): Promise<boolean> {
    const instance = places.instances[connection];
    try {
      await instance.waitForRequest(({ status, user }) => user !== undefined && status < 400, withinInMs);
      log.add('login.restored', { connection });
      return true;
    } catch {
      log.add('login.not-restored', { connection, failures: instance.failedLogins(instance.login) });
      return false;
    }
  }

  async function release(connection: ConnectionName): Promise<void> {
    const { settings, caFile } = places.environment;
    const env = { ...process.env, ...settings, NODE_EXTRA_CA_CERTS: caFile };
    const options = { env, cwd: tmpdir() };
    try {
      const { stdout } = await promisify(execFile)(process.execPath, [connectionsTool, 'release', connection], options);
      log.add('login.released', { connection, said: stdout.trim() });
    } catch (error) {
      log.add('login.not-released', { connection, reason: messageOf(error) });
    }
  }

  async function rotate({ connection, lagInMs }: Extract<Deed, { does: 'rotate' }>): Promise<void> {
    const refused = refusal(connection);
    const password = places.changePassword(connection);
    log.add('password.changed', { connection });
    // Tokens that were given out would hide it.
    places.instances[connection].revokeTokens();
    await refused;
    await sleep(lagInMs);
    const back = restored(connection);
    places.storePassword(connection, password);
    log.add('password.stored', { connection });
    await back;
  }

  async function refuseAccount({ connection, forMs }: Extract<Deed, { does: 'refuseAccount' }>): Promise<void> {
    const instance = places.instances[connection];
    const [account] = instance.records('sys_user', `user_name=${instance.login}`);
    const setActive = (active: boolean) =>
      instance.update('sys_user', account?.sys_id ?? '', { active: String(active) }, 'admin');
    const refused = refusal(connection);
    setActive(false);
    log.add('account.off', { connection });
    await refused;
    await sleep(forMs);
    setActive(true);
    log.add('account.on', { connection });
    // Nothing of the settings has changed, so nobody tries before that; a late refusal may stop the login again.
    for (let time = 0; time < MOST_RELEASES; time += 1) {
      const back = restored(connection, RESTORED_WITHIN_IN_MS / MOST_RELEASES);
      await release(connection);
      if (await back) return;
    }
  }

  async function act({ kind, deed }: PlannedFault): Promise<void> {
    const count = () => {
      counts[kind] = (counts[kind] ?? 0) + 1;
    };
    switch (deed.does) {
      case 'answerBadly':
        return answerBadly(kind, deed);
      case 'failStorage':
        return places.proxy.fail(deed);
      case 'revokeTokens':
        places.instances.ServiceNowByToken.revokeTokens();
        return count();
      case 'kill':
        await inLine('hosts', async () => {
          if (deed.afterCommit) await commit();
          await fleet.killAndRestart(deed.host);
        });
        return count();
      case 'rotate':
        await inLine(deed.connection, () => rotate(deed));
        return count();
      case 'refuseAccount':
        await inLine(deed.connection, () => refuseAccount(deed));
        return count();
    }
  }

  return {
    begin(fault) {
      log.add('fault.begun', { kind: fault.kind, ...fault.deed });
      const acting = act(fault).finally(() => running.delete(acting));
      running.add(acting);
    },
    repaired: async () => void (await Promise.all(running)),
    stop() {
      for (const stop of endings) stop();
      places.proxy.recover();
    },
    happened() {
      const struck: Partial<Record<string, number>> = { ...counts };
      if (places.proxy.failed > 0) struck['storage-error'] = places.proxy.failed;
      for (const { fault } of Object.values(places.instances).flatMap(({ requests }) => requests)) {
        const kind = fault?.split('.')[0];
        if (kind !== undefined) struck[kind] = (struck[kind] ?? 0) + 1;
      }
      return struck;
    },
  };
}
