import type { ServiceNowRecord } from '../servicenow/table-api.ts';
import type { ExportedColumn } from './exported-tables.ts';

/** Rows as CSV: RFC 4180, UTF-8, comma, CRLF. */
export interface Csv {
  readonly names: readonly string[];
  /** The line with the names of the columns. */
  header(): Buffer;
  /** A line for each record. */
  rows(records: readonly ServiceNowRecord[], command?: string): Buffer;
}

/**
 * Builds it; with `commandColumn`, the first column says what became of a row. Written out here, for a library takes three times as
 * long, and an export would wait for it.
 */
export function makeCsv(columns: readonly ExportedColumn[], commandColumn?: string): Csv {
  const names = [...(commandColumn === undefined ? [] : [commandColumn]), ...columns.map(({ name }) => name)];
  return {
    names,
    header: () => Buffer.from(`${names.map(quoted).join(',')}\r\n`),
    rows(records, command = '') {
      let text = '';
      for (const record of records) {
        let separator = '';
        if (commandColumn !== undefined) {
          text += quoted(command);
          separator = ',';
        }
        for (const { name, dateFormat } of columns) {
          const value = record[name] ?? '';
          text += separator + quoted(dateFormat === undefined ? value : formatDate(value, dateFormat));
          separator = ',';
        }
        text += '\r\n';
      }
      // Lone surrogates are no UTF-8.
      return Buffer.from(text.toWellFormed(), 'utf8');
    },
  };
}

function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}

/** A time of ServiceNow (`yyyy-MM-dd HH:mm:ss`, UTC) by a pattern of .NET; what is no time stays as it is. Pure. */
export function formatDate(value: string, format: string): string {
  const [, yyyy, MM, dd, HH = '00', mm = '00', ss = '00'] =
    /^(\d{4})-(\d\d)-(\d\d)(?: (\d\d):(\d\d):(\d\d))?$/.exec(value) ?? [];
  if (yyyy === undefined) return value;
  const hour = Number(HH) % 12 || 12;
  const parts: Readonly<Record<string, string | undefined>> = {
    ...{ yyyy, MM, dd, HH, mm, ss, fff: '000', tt: Number(HH) < 12 ? 'AM' : 'PM', K: 'Z' },
    hh: String(hour).padStart(2, '0'),
  };
  return format.replace(
    /'([^']*)'|yyyy|MM|dd|HH|hh|mm|ss|fff|tt|K/g,
    (part, quoted?: string) => quoted ?? parts[part] ?? part,
  );
}
