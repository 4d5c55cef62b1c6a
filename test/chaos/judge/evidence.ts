import type { PasswordResult } from '../../../shared/passwords/password-result.ts';
import type { ProvisioningResult } from '../../../shared/provisioning/result.ts';

/** A record as ServiceNow itself stores it, or a ticket as it was when somebody deleted it (`deleted` is not empty then). */
export interface TicketEvidence {
  readonly connection: string;
  readonly record: Readonly<Record<string, string>>;
}

/** What a run left behind, read from storage and the simulators, never from what the app says of itself. */
export interface Evidence {
  /** Every record that carries a key of ours, and every request and requested item: nobody else orders any. */
  readonly tickets: readonly TicketEvidence[];
  /** Every message of `provisioning-results`, repeats included, in the order of arrival. */
  readonly results: readonly ProvisioningResult[];
  /** What lies in poison: the message with what its blob holds, and its reason. */
  readonly poison: readonly { readonly text: string; readonly reason: string | undefined }[];
  /** The same of `password-results`. */
  readonly passwordResults: readonly PasswordResult[];
  /** What lies in the poison of password resets. */
  readonly poisonedResets: readonly { readonly text: string }[];
  /** The users of all instances. */
  readonly users: readonly TicketEvidence[];
  /** What the vault of passwords holds, by the names of its secrets. */
  readonly passwords: ReadonlyMap<string, string>;
  /** Everything that secrets must not be in, by place. */
  readonly searched: readonly { readonly place: string; readonly text: string }[];
  /** Secrets of connections; those of orders are known by how they begin. */
  readonly secrets: readonly string[];
  /** The most refusals in a row at one account. */
  readonly failedLogins: number;
}
