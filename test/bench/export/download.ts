import { createWriteStream } from 'node:fs';
import { Agent } from 'node:http';
import { text } from 'node:stream/consumers';
import axios from 'axios';
import { stringify } from 'csv-stringify/sync';
import { z } from 'zod';
import { inParallel } from '../../../shared/in-parallel.ts';

/*
 * What an export is compared with, in a process of its own as the export is. `offset`: one page after another by offset, written as the
 * same CSV. `raw`: the pages of the export, four at a time, with their bodies thrown away. Reads a job as JSON from standard input, and
 * prints the seconds that it took.
 */
const jobSchema = z.object({
  mode: z.enum(['offset', 'raw']),
  tableUrl: z.string(),
  tokenUrl: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
  columns: z.array(z.string()),
  pageSize: z.number(),
  inFlight: z.number(),
  /** Of `raw`: the queries of its pages. */
  queries: z.array(z.string()),
  file: z.string(),
});
type Job = z.infer<typeof jobSchema>;

const job = jobSchema.parse(JSON.parse(await text(process.stdin)));
const client = axios.create({
  httpAgent: new Agent({ keepAlive: true }),
  responseType: 'text',
  transformResponse: (body) => body,
});
const authorization = await signIn(job);
const startedAt = performance.now();
await (job.mode === 'raw' ? downloadRaw(job) : pageByOffset(job));
process.stdout.write(`${(performance.now() - startedAt) / 1000}\n`);

async function signIn({ tokenUrl, clientId, clientSecret }: Job): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const { data } = await client.post<string>(tokenUrl, new URLSearchParams(form));
  return `Bearer ${z.object({ access_token: z.string() }).parse(JSON.parse(data)).access_token}`;
}

function get({ tableUrl, columns, pageSize }: Job, query: string, more: Record<string, string> = {}) {
  const params = {
    sysparm_query: query,
    sysparm_fields: columns.join(','),
    sysparm_limit: String(pageSize),
    sysparm_exclude_reference_link: 'true',
    ...more,
  };
  return client.get<string>(tableUrl, { params, headers: { authorization, accept: 'application/json' } });
}

async function downloadRaw(of: Job): Promise<void> {
  await inParallel(of.queries, of.inFlight, async (query) => void (await get(of, query)));
}

async function pageByOffset(of: Job): Promise<void> {
  const file = createWriteStream(of.file);
  const page = z.object({ result: z.array(z.record(z.string(), z.string())) });
  for (let offset = 0; ; offset += of.pageSize) {
    const { data } = await get(of, 'ORDERBYsys_id', { sysparm_offset: String(offset) });
    const { result } = page.parse(JSON.parse(data));
    file.write(
      stringify(
        result.map((record) => of.columns.map((column) => record[column] ?? '')),
        { record_delimiter: '\r\n' },
      ),
    );
    if (result.length < of.pageSize) break;
  }
  await new Promise<void>((resolve) => file.end(resolve));
}
