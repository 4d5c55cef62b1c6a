import * as z from 'zod/mini';
import { parse } from '../parse.ts';
import { encodedQuery } from './encoded-query.ts';
import type { ApiAnswer, ApiRequest } from './table-api.ts';

/** The Attachment API of one connection. Every method throws ServiceNowError where it did not succeed. */
export interface AttachmentApi {
  /** The names of a record's attachments. Rights needed: read on the record. */
  names(table: string, sysId: string): Promise<readonly string[]>;
  /** Adds a text file to a record. Rights needed: write on the record. */
  add(table: string, sysId: string, file: { readonly name: string; readonly text: string }): Promise<void>;
}

const namesSchema = z.array(z.looseObject({ file_name: z.string() }));

const MOST_NAMES = 100;

/** Builds it; `root` is what stands before `/api/` in `Server`. Public documentation: "Attachment API". */
export function makeAttachmentApi(root: string, call: (request: ApiRequest) => Promise<ApiAnswer>): AttachmentApi {
  const url = `${root}/api/now/attachment`;
  return {
    async names(table, sysId) {
      const where = [['table_name', '=', table] as const, ['table_sys_id', '=', sysId] as const];
      const query = { sysparm_query: encodedQuery(where), sysparm_limit: String(MOST_NAMES) };
      const { result } = await call({ method: 'GET', url, query });
      const parsed = parse(namesSchema, result);
      return parsed.ok ? parsed.value.map(({ file_name: name }) => name) : [];
    },

    async add(table, sysId, { name, text }) {
      await call({
        method: 'POST',
        url: `${url}/file`,
        query: { table_name: table, table_sys_id: sysId, file_name: name },
        text,
      });
    },
  };
}
