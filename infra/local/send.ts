import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ORDERS_QUEUE, RESETS_QUEUE } from '../../shared/storage/storage-names.ts';
import { readEnvironmentFile } from './environment-file.ts';
import { sendOrder, sendReset } from './send-order.ts';
import { makeStorageClients, type StorageClients } from './storage-clients.ts';
import { trustCertificate } from './trust-certificate.ts';

/*
 * `npm run send -- <file>`: hands a file of provisioning orders to the app that `npm start` keeps running, as it is; with
 * `--reset` a file with a password reset.
 */
try {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { reset: { type: 'boolean' } } });
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0)
    throw new Error('Usage: npm run send -- <file of provisioning orders>\n       npm run send -- --reset <file>');
  const text = readJson(file, await readOrders(file));
  const running = await readEnvironmentFile();
  if (!running) throw new Error('Expected an environment to send the orders to, found none; run `npm start` first.');
  trustCertificate(await readFile(running.caFile, 'utf8'));
  const queue = values.reset ? RESETS_QUEUE : ORDERS_QUEUE;
  const how = await send(makeStorageClients(running), queue, text);
  process.stdout.write(`Sent ${file} to queue ${queue} ${how}; \`npm start\` shows what becomes of it.\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function send(storage: StorageClients, queue: string, text: string): Promise<string> {
  if (queue === RESETS_QUEUE) return `as message ${await sendReset(storage, text)}`;
  const { messageId, blob } = await sendOrder(storage, text);
  return blob ? `as blob ${blob}, named by message ${messageId}` : `as message ${messageId}`;
}

/** @throws where there is no file to read. */
async function readOrders(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? error.code : error;
    throw new Error(`Expected ${file} to be a file of provisioning orders, got ${reason}`, { cause: error });
  }
}

/** The text of a JSON file in UTF-8, without a byte order mark. @throws where it is something else. */
function readJson(file: string, content: Buffer): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(content);
    JSON.parse(text);
    return text;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Expected ${file} to be JSON in UTF-8, got something else: ${reason}`, { cause: error });
  }
}
