import type { Database } from '../data/database.ts';
import { readPath } from '../data/read-path.ts';
import type { Answer } from '../requests/answer.ts';
import { html } from '../requests/answer.ts';
import type { ApiRequest } from '../requests/api-request.ts';

/**
 * Answers `/{table}.do?sys_id=…` and `/nav_to.do?uri={table}.do?sys_id=…`, the links that people are given, with what the
 * record holds; `undefined` for any other path. Nothing of it runs in a browser.
 */
export function makeRecordPage(database: Database): (request: ApiRequest) => Answer | undefined {
  return ({ path, query }) => {
    const uri = path === '/nav_to.do' ? `/${(query.get('uri') ?? '').replace(/^\//, '')}` : `${path}?${query}`;
    const url = URL.parse(uri, 'http://instance');
    const table = /^\/([a-z0-9_]+)\.do$/.exec(url?.pathname ?? '')?.[1];
    if (table === undefined || database.dictionary.table(table) === undefined) return undefined;
    const sysId = url?.searchParams.get('sys_id') ?? '';
    const row = database.isHidden(sysId) ? undefined : database.find(table, sysId);
    if (row === undefined) return secured(html(404, 'Record not found', 'Record not found'));
    const className = row.sys_class_name && database.dictionary.table(row.sys_class_name) ? row.sys_class_name : table;
    const lines = Object.entries(database.dictionary.fieldsOf(className)).flatMap(([name, field]) => {
      const display = readPath(database, className, name)?.display(row) ?? '';
      return display === ''
        ? []
        : [`<dt>${escapeHtml(field.label ?? name)}</dt><dd><pre>${escapeHtml(display)}</pre></dd>`];
    });
    const title = escapeHtml(`${database.dictionary.table(className)?.label} ${row.number ?? row.name ?? ''}`);
    return secured(html(200, title, `<h1>${title}</h1><dl>${lines.join('')}</dl>`));
  };
}

function secured(answer: Answer): Answer {
  return { ...answer, headers: { ...answer.headers, 'Content-Security-Policy': "default-src 'none'" } };
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
