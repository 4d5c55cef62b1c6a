import { findConnections } from '../../../shared/doctor/agent-files.ts';
import type { Tools } from '../open-tools.ts';
import type { Terminal } from './ticket-command.ts';

/** The connection asked for, or all that mappings and settings name; what can't be read is told of. */
export async function ticketPartitions(
  { readSettings }: Pick<Tools, 'readSettings'>,
  connection: string | undefined,
  { complain }: Pick<Terminal, 'complain'>,
): Promise<readonly string[]> {
  if (connection !== undefined) return [connection];
  const { identifiers, unread } = await findConnections(readSettings);
  if (unread.length > 0)
    complain(
      `${unread.join(', ')} can't be read and may name more connections: \`npm run doctor\` says why, --connection asks for one`,
    );
  return identifiers;
}
