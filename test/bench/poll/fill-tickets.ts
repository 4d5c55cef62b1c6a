import type { Environment } from '../../../infra/local/environment.ts';
import { systemClock } from '../../../shared/clock.ts';
import { inParallel } from '../../../shared/in-parallel.ts';
import { ticketMarker } from '../../../shared/provisioning/order-key.ts';
import { toServiceNowTime } from '../../../shared/servicenow/servicenow-time.ts';
import type { LoadCredential } from '../../../shared/storage/credential.ts';
import { type EntityChange, entityTable } from '../../../shared/storage/entity-table.ts';
import { keyOf, makeLedger } from '../../../shared/tickets/ledger.ts';
import type { TicketRow } from '../../../shared/tickets/ledger-row.ts';

/** A ticket that is open on both sides. */
export interface OpenTicket {
  readonly sysId: string;
}

const CONNECTION = 'ServiceNowFulfillManual';
const AT_A_TIME = 8;
const MOST_CHANGES = 100;

/** Opens tickets in simulator and ledger as if they had been made a day ago, without the app, which would take its time. */
export async function fillTickets(
  { servicenow, azurite, settings }: Environment,
  loadCredential: LoadCredential,
  from: number,
  to: number,
): Promise<readonly OpenTicket[]> {
  const made = new Date(Date.now() - 86_400_000);
  const table = entityTable(azurite.tableUrl(), 'tickets', loadCredential);
  const changes: EntityChange[] = [];
  // The ledger's own rows, in as few transactions as storage takes.
  const ledger = makeLedger(
    {
      ...table,
      async commit(_partition, some) {
        changes.push(...some);
        return new Map();
      },
    },
    systemClock,
  );
  const tickets: OpenTicket[] = [];
  for (let number = from; number < to; number += 1) {
    const row = rowOf(number, made);
    const { sys_id: sysId = '', number: name = '' } = servicenow.insert('incident', {
      short_description: `Ticket ${number}`,
      correlation_id: keyOf(row),
      correlation_display: ticketMarker(settings.INSTALLATION_ID ?? '', CONNECTION),
    });
    const at = toServiceNowTime(made);
    servicenow.overwrite('incident', sysId, { sys_created_on: at, sys_updated_on: at });
    tickets.push({ sysId });
    await ledger.write(CONNECTION, { ticket: { row: { ...row, SysId: sysId, Number: name } } });
  }
  const parts = Array.from({ length: Math.ceil(changes.length / MOST_CHANGES) }, (_, index) =>
    changes.slice(index * MOST_CHANGES, (index + 1) * MOST_CHANGES),
  );
  await inParallel(parts, AT_A_TIME, async (part) => void (await table.commit(CONNECTION, part)));
  return tickets;
}

function rowOf(number: number, made: Date): TicketRow {
  return {
    v: 1,
    State: 'open',
    OrderKey: `${number}.A.${'0'.repeat(32)}`,
    Generation: 1,
    OrderedAt: `${made.toISOString()}#000000`,
    DeliveryId: `delivery-${number}`,
    Connection: CONNECTION,
    ResourceType: 'SAP_User_NominativeUser',
    AssignmentId: `${number}`,
    ChangeType: 'Added',
    OwnerId: '1',
    OwnerType: '51',
    ClaimId: `claim-${number}`,
    ClaimSeconds: 1_000,
    FirstClaimedAt: made.toISOString(),
    NotPosted: false,
    Unclear: false,
    Sequence: 1,
    ProvisioningState: 'Transmitted',
    TicketTable: 'incident',
    TicketState: '1',
    TicketApproval: 'not requested',
    OpenedAt: made.toISOString(),
    SeenAt: made.toISOString(),
    SeenModCount: 0,
  };
}
