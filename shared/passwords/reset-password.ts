import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock.ts';
import type { Config } from '../config.ts';
import { HoldError, messageOf } from '../errors.ts';
import type { TrackRecord } from '../limits/track-record.ts';
import type { Log } from '../log.ts';
import { type Envelope, orderedOn } from '../provisioning/envelope.ts';
import type { Mappings } from '../provisioning/mappings.ts';
import type { Instance } from '../servicenow/client.ts';
import { ServiceNowError } from '../servicenow/servicenow-error.ts';
import type { WithPermit } from '../servicenow/with-permit.ts';
import type { ReadSettings } from '../settings/settings-document.ts';
import { readAgain } from '../storage/read-again.ts';
import { ClaimEndingError } from '../tickets/send-once.ts';
import { type FoundUser, findUser } from './find-user.ts';
import type { ObtainPassword } from './obtain-password.ts';
import { type PasswordRequest, userNamed } from './password-request.ts';
import { type PasswordResetSettings, readPasswordResetSettings } from './password-reset-settings.ts';
import type { PasswordResult } from './password-result.ts';
import type { ResetLedger, ResetRow, StoredReset } from './reset-ledger.ts';
import { resetScope } from './reset-scope.ts';
import { type Doubts, setPassword } from './set-password.ts';
import type { SettleReset } from './settle-reset.ts';

/** One reset, as it was read. */
export interface Reset {
  readonly envelope: Envelope;
  readonly request: PasswordRequest;
}

/** What came of it: it is done now, or was before, or somebody else is at it for so many seconds more. */
export type ResetOutcome = { readonly kind: 'done' | 'repeat' } | { readonly kind: 'wait'; readonly seconds: number };

/**
 * Sets the password of one reset: claim by `DeliveryId` → password into the vault, or what this delivery put there → flag, password,
 * flag → result. Whoever works at it after a crash, or beside another instance, sets the same password.
 *
 * @throws ConnectorError where it has to come back, wait or be given up; its claim is given back then.
 */
export type ResetPassword = (reset: Reset, instance: Instance) => Promise<ResetOutcome>;

/** Builds the use case. */
export function makeResetPassword(deps: {
  readonly config: Pick<Config, 'permitWaitInMs' | 'requestTimeoutInMs' | 'claimMarginInMs'>;
  readonly resets: ResetLedger;
  readonly mappings: Pick<Mappings, 'find'>;
  readonly readSettings: ReadSettings;
  readonly obtain: ObtainPassword;
  readonly withPermit: WithPermit;
  readonly track: Pick<TrackRecord, 'succeeded'>;
  readonly settle: SettleReset;
  readonly clock: Clock;
  readonly log: Log;
}): ResetPassword {
  const { config, resets, clock, log } = deps;
  /** A claim outlasts the steps between two writes of its row; nothing but time is lost by one that ends too soon. */
  const claimInMs = config.permitWaitInMs + 3 * config.requestTimeoutInMs + config.claimMarginInMs;

  return async (reset, instance) => {
    const claimed = await readAgain(() => claim(reset));
    if ('kind' in claimed) return claimed;
    const work: Work = { row: claimed.row, etag: claimed.etag, writtenAtInMs: clock.monotonicInMs() };
    try {
      await carryOut(reset, instance, work);
    } catch (error) {
      await giveBack(work);
      throw error;
    }
    await deps.track.succeeded(resetScope(reset.request.Connection));
    return { kind: 'done' };
  };

  async function claim({ envelope, request }: Reset): Promise<ResetOutcome | Pick<StoredReset, 'row' | 'etag'>> {
    const stored = await resets.read(envelope.DeliveryId);
    if (stored && stored.row.State !== 'working') {
      await deps.settle(stored);
      return { kind: 'repeat' };
    }
    const seconds = stored ? claimLeftInSeconds(stored) : 0;
    if (seconds > 0) return { kind: 'wait', seconds };
    const row: ResetRow = {
      ...(stored?.row ?? {
        v: 1,
        State: 'working',
        DeliveryId: envelope.DeliveryId,
        OrderedAt: envelope.OrderedAt,
        Connection: request.Connection,
      }),
      ClaimId: randomUUID(),
      ClaimSeconds: claimInMs / 1000,
    };
    return { row, etag: await resets.write(row, stored) };
  }

  async function carryOut(reset: Reset, instance: Instance, work: Work): Promise<void> {
    const { envelope, request } = reset;
    const settings = await settingsOf(request);
    const about = { orderedOn: orderedOn(envelope), now: clock.now() };
    const user = await deps.withPermit(instance, 'password', () => findUser(instance, request, about));
    const { password, secret } = await deps.obtain(request, work.row, user, settings);
    if (secret && work.row.SecretName === undefined && 'Generate' in request.Password)
      log.info('password.generated', { deliveryId: envelope.DeliveryId, secret: secret.SecretName });
    const isRepeat = work.row.MaySet === true;
    // Nobody may know a password that is not written down: from here on it is this one, whoever works at it.
    await advance(work, { ...secret, MaySet: true });
    const doubts = await setOrForget({ instance, user, password, isRepeat, work });
    const tried = await tryOut({ instance, user, password, settings, work });
    await finish(reset, user, work, [...doubts, ...tried]);
  }

  async function settingsOf({ ResourceType: resourceType }: PasswordRequest): Promise<PasswordResetSettings> {
    const mapping = resourceType === undefined ? undefined : await deps.mappings.find(resourceType);
    return readPasswordResetSettings(deps.readSettings, mapping?.PasswordResetSetting);
  }

  async function setOrForget({
    instance,
    user,
    password,
    isRepeat,
    work,
  }: Setting & { isRepeat: boolean }): Promise<Doubts> {
    const beforeCall = () => {
      if (clock.monotonicInMs() - work.writtenAtInMs < claimInMs) return;
      throw new ClaimEndingError('The claim on this reset is too old to set its password; it is claimed anew');
    };
    let isSent = false;
    try {
      return await deps.withPermit(instance, 'password', () => {
        const sending = (what: 'flag' | 'password') => {
          beforeCall();
          isSent ||= what === 'password';
        };
        return setPassword(instance, user, { password, isRepeat, sending });
      });
    } catch (error) {
      // Where nothing was sent, or a field was dropped, the next one may expect the record to change.
      if (!isRepeat && (!isSent || isDropped(error))) work.row = { ...work.row, MaySet: false };
      throw error;
    }
  }

  /** Signs in with the password, where the settings ask for that: once for each reset, for five refusals lock an account. */
  async function tryOut({
    instance,
    user,
    password,
    settings,
    work,
  }: Setting & { settings: PasswordResetSettings }): Promise<Doubts> {
    if (!settings.verifyByLogin || work.row.Tried) return [];
    await advance(work, { Tried: true });
    try {
      const taken = await deps.withPermit(instance, 'password', () => instance.takesPassword(user.userName, password));
      if (taken === false) return ['ServiceNow does not let the user sign in with it'];
      return taken ? [] : ['whether the user can sign in with it could not be found out'];
    } catch (error) {
      return [`whether the user can sign in with it could not be found out: ${messageOf(error)}`];
    }
  }

  async function finish({ envelope, request }: Reset, user: FoundUser, work: Work, doubts: Doubts): Promise<void> {
    const { DeliveryId: deliveryId } = envelope;
    const state = doubts.length > 0 ? 'Unverified' : 'Executed';
    const notes = [
      ...doubts,
      ...(user.isLocked ? ['the account is locked (locked_out), which a new password does not end'] : []),
      ...(user.isInactive ? ['the account is not active'] : []),
    ];
    const said = `The password was set, and has to be changed at the next login (connection "${request.Connection}")`;
    const result: PasswordResult = {
      v: 1,
      ResultId: deliveryId,
      Connection: request.Connection,
      User: userNamed(request),
      State: state,
      Message: [said, ...notes].join('; '),
      ...(work.row.SecretName !== undefined && { SecretName: work.row.SecretName }),
      OccurredAt: clock.now().toISOString(),
      ...(envelope.TraceParent !== undefined && { TraceParent: envelope.TraceParent }),
    };
    if (state === 'Executed') log.info('password.set', { deliveryId, connection: request.Connection });
    else log.warn('password.unverified', { deliveryId, connection: request.Connection, reason: doubts.join('; ') });
    await advance(work, { State: 'done', Outcome: state, Pending: JSON.stringify(result) });
    await deps.settle({ row: work.row, etag: work.etag });
  }

  /** @throws ConflictError where somebody else has taken over: nothing more is done for this delivery here. */
  async function advance(work: Work, change: Partial<ResetRow>): Promise<void> {
    const row: ResetRow = { ...work.row, ...change };
    work.etag = await resets.write(row, work);
    work.row = row;
    work.writtenAtInMs = clock.monotonicInMs();
  }

  async function giveBack(work: Work): Promise<void> {
    if (work.row.State !== 'working') return;
    try {
      await advance(work, { ClaimSeconds: 0 });
    } catch (error) {
      log.warn('ledger.unwritten', { deliveryId: work.row.DeliveryId, reason: messageOf(error) });
    }
  }
}

/** Seconds until others may take over; 0 or less where they may now. */
export function claimLeftInSeconds({ row, writtenAt, readAt }: StoredReset): number {
  return row.ClaimSeconds === 0 ? 0 : row.ClaimSeconds - (readAt.getTime() - writtenAt.getTime()) / 1000;
}

/** The row as this process knows it, and when it was written last. */
interface Work {
  row: ResetRow;
  etag: string;
  writtenAtInMs: number;
}

interface Setting {
  readonly instance: Instance;
  readonly user: FoundUser;
  readonly password: string;
  readonly work: Work;
}

/** Whether ServiceNow took the call and left the field as it was, or refused it: the password is not set. */
function isDropped(error: unknown): boolean {
  return error instanceof HoldError || (error instanceof ServiceNowError && error.execution === 'none');
}
