import { invalidTable, recordNotFound } from '../refusals.ts';
import { acceptValues } from './accept-values.ts';
import { auditedTables } from './audited-tables.ts';
import type { Dictionary } from './dictionary.ts';
import { formatTime } from './format-time.ts';
import { type GeneratedRows, indexOf } from './generated-rows.ts';
import type { Row } from './row.ts';
import type { FollowUp } from './rules/follow-up.ts';
import type { Rule } from './rules/rule.ts';
import type { TimeZone } from './time-zone.ts';

/** All records of the instance. A row never changes: a write puts another in its place. */
export interface Database {
  readonly dictionary: Dictionary;
  /** The table's records and those of the tables that extend it. */
  rows(table: string): Iterable<Row>;
  /** The records that were written, of the table and those that extend it; not those that are generated. */
  written(table: string): Iterable<Row>;
  /** The rows of a table that are generated, and which of them were changed or deleted since; none of most tables. */
  generated(table: string): { readonly rows: GeneratedRows; readonly replaced: ReadonlySet<number> } | undefined;
  /** Puts rows into a table that are computed when somebody looks at them. */
  generate(table: string, rows: GeneratedRows): void;
  /** @param sysId of a record of the table or of one that extends it. */
  find(table: string, sysId: string): Row | undefined;
  /**
   * Stores a new record with the instance's defaults, after its business rules, and then what follows from it.
   * Unknown, read-only and not acceptable values are left out.
   * @param as user_name of who writes.
   * @throws Refusal for an unknown table, or by a business rule.
   */
  insert(table: string, values: Row, as: string): Row;
  /**
   * Changes the fields given, under the rules of {@link insert}. Without any change the record is not touched.
   * @throws Refusal 404 for an unknown record.
   */
  update(table: string, sysId: string, values: Row, as: string): Row;
  /**
   * Deletes a record; of tickets and what else extends `task`, of users, groups and roles it is kept who did.
   * @throws Refusal 404 for an unknown record.
   */
  remove(table: string, sysId: string, as: string): void;
  /** Takes a record away as if it had never been there. @throws Refusal 404 for an unknown record. */
  erase(table: string, sysId: string): void;
  /** The entries of a record's journal field, newest first, as people in a time zone see them. */
  history(sysId: string, element: string, zone: TimeZone): string;
  /** Writes below the business rules and without a trace in the `sys_` fields (`autoSysFields(false)`). */
  overwrite(table: string, sysId: string, values: Row): void;
  /** Stores a record that comes with the release: its id is given, and no business rule runs. */
  load(table: string, sysId: string, values: Row): void;
  /** Grows whenever a record of exactly this table is stored or deleted. */
  revision(table: string): number;
  /**
   * A read ACL on one record: it counts, but is never returned.
   * @throws Refusal 404 for an unknown record.
   */
  hide(table: string, sysId: string, hidden: boolean): void;
  isHidden(sysId: string): boolean;
}

export interface DatabaseDependencies {
  readonly dictionary: Dictionary;
  readonly rules: ReadonlyMap<string, readonly Rule[]>;
  readonly followUps: ReadonlyMap<string, readonly FollowUp[]>;
  newSysId(): string;
  now(): Date;
}

export function makeDatabase({ dictionary, rules, followUps, newSysId, now }: DatabaseDependencies): Database {
  const stores = new Map<string, Map<string, Row>>();
  const revisions = new Map<string, number>();
  const hidden = new Set<string>();
  const numbers = new Map<string, number>();
  const usersByName = new Map<string, string>();
  const journals = new Map<string, Row[]>();
  const generated = new Map<string, { readonly rows: GeneratedRows; readonly replaced: Set<number> }>();

  const storeOf = (table: string) => {
    const store = stores.get(table) ?? new Map<string, Row>();
    stores.set(table, store);
    return store;
  };
  const find = (table: string, sysId: string) => {
    for (const member of dictionary.familyOf(table)) {
      const row = stores.get(member)?.get(sysId) ?? generatedRow(member, sysId);
      if (row !== undefined) return row;
    }
    return undefined;
  };
  const generatedRow = (table: string, sysId: string) => {
    const made = generated.get(table);
    const index = made && indexOf(made.rows, sysId);
    return made && index !== undefined && !made.replaced.has(index) ? made.rows.rowOf(index) : undefined;
  };
  const replace = (table: string, sysId: string) => {
    const made = generated.get(table);
    const index = made && indexOf(made.rows, sysId);
    if (made && index !== undefined) made.replaced.add(index);
  };
  function* written(table: string): Iterable<Row> {
    for (const member of dictionary.familyOf(table)) yield* stores.get(member)?.values() ?? [];
  }
  function* rows(table: string): Iterable<Row> {
    yield* written(table);
    for (const member of dictionary.familyOf(table)) {
      const made = generated.get(member);
      if (!made) continue;
      for (let index = 0; index < made.rows.count; index++) if (!made.replaced.has(index)) yield made.rows.rowOf(index);
    }
  }
  const existing = (table: string, sysId: string) => {
    const row = find(table, sysId);
    if (row === undefined) throw recordNotFound();
    return { row, className: classOf(table, row) };
  };
  const classOf = (table: string, row: Row) =>
    dictionary.familyOf(table).find((member) => member === row.sys_class_name) ?? table;
  const touch = (className: string) => revisions.set(className, (revisions.get(className) ?? 0) + 1);
  const store = (className: string, row: Row) => {
    touch(className);
    replace(className, row.sys_id ?? '');
    storeOf(className).set(row.sys_id ?? '', row);
    if (className === 'sys_user' && row.user_name) usersByName.set(row.user_name, row.sys_id ?? '');
    return row;
  };
  const nextNumber = (prefix: string) => {
    const number = (numbers.get(prefix) ?? 10_000) + 1;
    numbers.set(prefix, number);
    return `${prefix}${String(number).padStart(7, '0')}`;
  };
  const runRules = (className: string, previous: Row | undefined, values: Row, given: Set<string>, as: string): Row => {
    const write = {
      ...(previous && { previous }),
      given,
      actor: { userName: as, sysId: usersByName.get(as) ?? as },
      at: formatTime(now()),
      nextNumber,
    };
    const next = { ...values };
    for (const rule of rules.get(className) ?? []) Object.assign(next, rule({ ...write, next }));
    return next;
  };
  const defaultsOf = (table: string): Row =>
    Object.fromEntries(Object.entries(dictionary.fieldsOf(table)).map(([name, field]) => [name, field.default ?? '']));
  const isAudited = (className: string) =>
    dictionary.familyOf('task').includes(className) || auditedTables.includes(className);
  const addJournal = (className: string, sysId: string, entries: Row, as: string) => {
    for (const [element, value] of Object.entries(entries)) {
      const entry = insert('sys_journal_field', { name: className, element, element_id: sysId, value }, as);
      journals.set(sysId, [entry, ...(journals.get(sysId) ?? [])]);
    }
  };

  const insert = (table: string, values: Row, as: string): Row => {
    if (dictionary.table(table) === undefined) throw invalidTable(table);
    const { stored, journal } = acceptValues(dictionary, table, values);
    const given = new Set(Object.keys(stored));
    const ruled = runRules(table, undefined, { ...defaultsOf(table), ...stored }, given, as);
    const at = formatTime(now());
    const sysId = newSysId();
    const row = store(table, {
      ...ruled,
      sys_id: sysId,
      sys_created_on: at,
      sys_created_by: as,
      sys_updated_on: at,
      sys_updated_by: as,
    });
    addJournal(table, sysId, journal, as);
    followUp(table, undefined, row, as);
    return row;
  };
  const update = (table: string, sysId: string, values: Row, as: string): Row => {
    const { row: previous, className } = existing(table, sysId);
    const { stored, journal } = acceptValues(dictionary, className, values);
    const next = runRules(className, previous, { ...previous, ...stored }, new Set(Object.keys(stored)), as);
    const unchanged = Object.keys(next).every((name) => next[name] === previous[name]);
    if (unchanged && Object.keys(journal).length === 0) return previous;
    addJournal(className, sysId, journal, as);
    const row = store(className, {
      ...next,
      sys_updated_on: formatTime(now()),
      sys_updated_by: as,
      sys_mod_count: String(Number(previous.sys_mod_count) + 1),
    });
    followUp(className, previous, row, as);
    return row;
  };
  const followUp = (className: string, previous: Row | undefined, row: Row, as: string) => {
    const database = { rows, find, insert, update };
    for (const follow of followUps.get(className) ?? []) follow({ ...(previous && { previous }), row, as, database });
  };

  const erase = (table: string, sysId: string) => {
    const { className } = existing(table, sysId);
    storeOf(className).delete(sysId);
    replace(className, sysId);
    touch(className);
    journals.delete(sysId);
    hidden.delete(sysId);
  };

  return {
    dictionary,
    rows,
    written,
    generated: (table) => generated.get(table),
    generate: (table, rows) => void generated.set(table, { rows, replaced: new Set() }),
    find,
    insert,
    update,
    erase,
    remove(table, sysId, as) {
      const { row, className } = existing(table, sysId);
      erase(table, sysId);
      if (isAudited(className))
        insert(
          'sys_audit_delete',
          { tablename: className, documentkey: sysId, display_value: row.number ?? row.name ?? '' },
          as,
        );
    },
    history: (sysId, element, zone) =>
      (journals.get(sysId) ?? [])
        .filter((entry) => element === 'comments_and_work_notes' || entry.element === element)
        .map((entry) => {
          const label = dictionary.field(entry.name ?? '', entry.element ?? '')?.label ?? entry.element;
          return `${zone.fromUtc(entry.sys_created_on ?? '')} - ${entry.sys_created_by} (${label})\n${entry.value}\n\n`;
        })
        .join(''),
    overwrite(table, sysId, values) {
      const { row, className } = existing(table, sysId);
      store(className, { ...row, ...values });
    },
    load(table, sysId, values) {
      const at = formatTime(now());
      store(table, {
        ...defaultsOf(table),
        ...values,
        sys_id: sysId,
        sys_created_on: at,
        sys_created_by: 'system',
        sys_updated_on: at,
        sys_updated_by: 'system',
      });
    },
    revision: (table) => revisions.get(table) ?? 0,
    hide(table, sysId, isHidden) {
      existing(table, sysId);
      if (isHidden) hidden.add(sysId);
      else hidden.delete(sysId);
    },
    isHidden: (sysId) => hidden.has(sysId),
  };
}
