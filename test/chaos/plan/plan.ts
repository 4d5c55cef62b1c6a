import type { FaultRule } from '../../../infra/local/servicenow/start-servicenow.ts';
import type { FaultKind } from './fault-kinds.ts';
import type { ChaosResourceType, ConnectionName } from './resource-types.ts';

/** What a person does to a ticket, one after the other. */
export type DeskStep = 'work' | 'close' | 'closeNotDone' | 'cancel' | 'resolve' | 'reopen' | 'closeUnseen' | 'delete';

/** An order that asks for exactly one ticket; no other one has its assignment and change type. */
export interface ValidOrder {
  readonly assignmentId: string;
  readonly changeType: 'Added' | 'Modified' | 'Deleted';
  readonly resourceType: ChaosResourceType;
  readonly desk: readonly DeskStep[];
}

/** An order that can't become a ticket. */
export interface InvalidOrder {
  /** Stands in its content, or in what its blob is called, and nowhere else. */
  readonly mark: string;
  readonly what: string;
  /** Where it is known, somebody waits for an `Errored`. */
  readonly assignmentId: string | undefined;
}

/** One message to put on queue `provisioning-orders`. */
export interface Delivery {
  /** Its text, before Base64. */
  readonly text: string;
  /** What it refers to, written before it is sent. */
  readonly blob?: { readonly path: string; readonly text: string };
  /** Orders that it brings for the first time. */
  readonly orders: number;
  /** How many of them a result tells of, sooner or later. */
  readonly told: number;
  /** Orders in it that came before, or come twice in it. */
  readonly repeats: number;
}

/** A password reset; no other one is for its user. */
export interface PlannedReset {
  readonly deliveryId: string;
  readonly connection: ConnectionName;
  readonly userName: string;
  /** Whether the app makes the password, or it lies in the vault, or stands in the message, where it is refused. */
  readonly source: 'generated' | 'secret' | 'plain';
  /** Of what the app does not make. */
  readonly password?: string;
  /** What is asked for. */
  readonly order: unknown;
  /** How often the message is sent. */
  readonly copies: number;
  /** When it is sent: as soon as that many orders were. */
  readonly afterOrders: number;
}

/** One thing that goes wrong. */
export type Deed =
  /** The instance misbehaves at the next requests that match. `resetInSeconds` becomes the header `X-RateLimit-Reset`. */
  | {
      readonly does: 'answerBadly';
      readonly connection: ConnectionName;
      readonly rule: FaultRule;
      readonly resetInSeconds?: number;
    }
  /**
   * The host at this share of all dies and is started again: at once, or as soon as a record was written, before anybody
   * has been told.
   */
  | { readonly does: 'kill'; readonly host: number; readonly afterCommit: boolean }
  | { readonly does: 'revokeTokens' }
  /** The password changes at ServiceNow, and after that long in the vault. */
  | { readonly does: 'rotate'; readonly connection: ConnectionName; readonly lagInMs: number }
  /** The account is out of use; then an operator says that it works again. */
  | { readonly does: 'refuseAccount'; readonly connection: ConnectionName; readonly forMs: number }
  /** The next requests to a service of storage fail: not carried out, or carried out and never answered. */
  | {
      readonly does: 'failStorage';
      readonly service: 'blob' | 'queue' | 'table';
      readonly how: 'busy' | 'reset' | 'answerLost';
      readonly requests: number;
    };

/** A fault and when it begins: as soon as that many orders were sent. */
export interface PlannedFault {
  readonly kind: FaultKind;
  readonly afterOrders: number;
  readonly deed: Deed;
}

/** All that a seed decides: what is sent, what goes wrong when, and what people do. */
export interface ChaosPlan {
  readonly seed: number;
  readonly valid: readonly ValidOrder[];
  readonly invalid: readonly InvalidOrder[];
  readonly deliveries: readonly Delivery[];
  readonly faults: readonly PlannedFault[];
  readonly resets: readonly PlannedReset[];
}
