import type { ProvisioningResult } from '../../../shared/provisioning/result.ts';

/** A ticket as ServiceNow itself stores it, or stored it when somebody deleted it (`deleted` is not empty then). */
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
  /** Everything that secrets must not be in, by place. */
  readonly searched: readonly { readonly place: string; readonly text: string }[];
  /** Secrets of connections; those of orders are known by how they begin. */
  readonly secrets: readonly string[];
  /** The most refusals in a row at one account. */
  readonly failedLogins: number;
}
