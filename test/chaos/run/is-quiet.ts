import type { Environment } from '../../../infra/local/environment.ts';

/** What is still to be done, in words; nothing where all is quiet but tickets that people have left open. */
export async function whatIsLeft({ queue, table }: Environment): Promise<string[]> {
  const left: string[] = [];
  for (const [name, what] of [
    ['provisioning-orders', 'messages'],
    ['password-resets', 'resets'],
  ] as const) {
    // Hidden messages are counted too.
    const { approximateMessagesCount: messages = 0 } = await queue(name).getProperties();
    if (messages > 0) left.push(`${messages} ${what}`);
    const { peekedMessageItems } = await queue(`${name}-poison`).peekMessages({ numberOfMessages: 32 });
    // What the platform gave up has an end, and is seen to by the watch of the queues.
    const givenUp = peekedMessageItems.filter(({ expiresOn }) => expiresOn.getUTCFullYear() < 9999).length;
    if (givenUp > 0) left.push(`${givenUp} ${what} that the platform poisoned`);
  }
  let unfinished = 0;
  for await (const row of table('tickets').listEntities()) {
    const isTicket = !row.rowKey?.startsWith('_') && /\.\d+$/.test(row.rowKey ?? '') && 'Generation' in row;
    const isReset = row.rowKey?.endsWith('.reset') === true && row.State === 'working';
    if (isReset) unfinished += 1;
    else if (isTicket && (row.State === 'creating' || row.Pending !== undefined || row.PoisonPending !== undefined))
      unfinished += 1;
  }
  if (unfinished > 0) left.push(`${unfinished} unfinished rows`);
  return left;
}
