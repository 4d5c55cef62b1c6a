import { ServiceNowError } from '../../../../../shared/servicenow/servicenow-error.ts';
import type {
  RecordPage,
  RecordQuery,
  ServiceNowRecord,
  TableApi,
} from '../../../../../shared/servicenow/table-api.ts';

/** What a table answers to every query: rows, a page, or a failure. */
type Answer = readonly ServiceNowRecord[] | Partial<RecordPage> | Error | ((query: RecordQuery) => Answer);

/** A Table API that answers what it is told, table by table, and remembers what it was asked. */
export interface FakeTables extends TableApi {
  readonly queries: { readonly table: string; readonly query: RecordQuery }[];
}

/** Builds it; a table without an answer is refused, and nothing can be written unless `writes` says how. */
export function fakeTables(
  answers: Readonly<Record<string, Answer>>,
  writes: Partial<Pick<TableApi, 'insert' | 'update'>> = {},
): FakeTables {
  const queries: FakeTables['queries'] = [];
  const pageOf = (answer: Answer, query: RecordQuery): RecordPage => {
    if (typeof answer === 'function') return pageOf(answer(query), query);
    if (answer instanceof Error) throw answer;
    const page: Partial<RecordPage> = isRows(answer) ? { records: answer, totalCount: answer.length } : answer;
    return { records: [], totalCount: undefined, servedAt: new Date(0), ...page };
  };
  const noWrite = async () => {
    throw new Error('Expected nothing to be written');
  };
  return {
    queries,
    list: async (table, query) => {
      queries.push({ table, query });
      return pageOf(answers[table] ?? refusedRead(), query);
    },
    insert: noWrite,
    update: noWrite,
    ...writes,
  };
}

/** The instance's own refusal of a table. */
export function refusedRead(status = 403): ServiceNowError {
  return new ServiceNowError(
    `ServiceNow (connection "Help") answered ${status}: Insufficient rights to query records`,
    {
      execution: 'ended',
      status,
      failure: { class: 'hold', scope: 'connection Help' },
    },
  );
}

function isRows(answer: readonly ServiceNowRecord[] | Partial<RecordPage>): answer is readonly ServiceNowRecord[] {
  return Array.isArray(answer);
}
