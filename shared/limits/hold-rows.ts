import * as z from 'zod/mini';
import { sha256Hex } from '../canonical-json.ts';
import { parse } from '../parse.ts';
import type { EntityTable, StoredEntity } from '../storage/entity-table.ts';

/** The partition of table `limits` that holds, runs of refusals, successes and the day's new tickets are in. */
export const HOLD_PARTITION = 'hold';

/** What a hold or a limit lies on: a connection, or the orders of one resource type that go to it. */
export interface HoldScope {
  readonly connection: string;
  readonly resourceType?: string | undefined;
}

/**
 * Why orders wait. `pause`: an operator says so. `changed`: ServiceNow stores a correlation field otherwise than it was sent.
 * One order at a time looks whether the others are over: `refused`, ServiceNow refuses the account or the API; `refusals`, it
 * refuses every order of a resource type alike; `reference`, a record that a mapping names is not found; `unfinished`, a request
 * was made and could not be completed, and every further one would stay so. `loss`: many tickets are gone at once.
 */
export const HOLD_KINDS = ['pause', 'loss', 'changed', 'refused', 'refusals', 'reference', 'unfinished'] as const;
export type HoldKind = (typeof HOLD_KINDS)[number];

const scopeColumns = { v: z.number(), Connection: z.string(), ResourceType: z.string() };

const holdSchema = z.object({
  ...scopeColumns,
  Kind: z.enum(HOLD_KINDS),
  /** Tells one placing from all others. */
  Id: z.string(),
  Reason: z.string(),
  Since: z.string(),
  /** Empty while it is in place. */
  EndedAt: z.string(),
  /** `probe` or `operator`; `told` once an instance has said that an operator ended it. */
  EndedBy: z._default(z.string(), ''),
  /** Orders that met what it is about, newest last, kept from one placing to the next where probes ended it. */
  Causes: z._default(z.string(), ''),
  /** The turn of whoever probes; empty for nobody. */
  Holder: z.string(),
  /** After the row was written, nobody may take the turn for so long. */
  QuietInMs: z.number(),
  /** How many probes have failed. */
  Probes: z.number(),
});
const runSchema = z.object({ ...scopeColumns, Refusal: z.string(), Count: z.number() });
const daySchema = z.object({
  ...scopeColumns,
  /** The day in UTC, `2026-11-23`. */
  Day: z.string(),
  /** New tickets that instances have leave to make on that day, made ones included. */
  Drawn: z.number(),
  /** How often an operator allowed the limit's worth once more. */
  Extra: z.number(),
  /** The alert that the limit is reached; empty where there was none. */
  Alert: z.string(),
  /** When that was. */
  Since: z.string(),
});
const successSchema = z.object(scopeColumns);

export type HoldColumns = z.infer<typeof holdSchema>;
export type RunColumns = z.infer<typeof runSchema>;
export type DayColumns = z.infer<typeof daySchema>;

/** A row and how old it was, by storage's clock, to a second, when it was read. */
export interface LimitRow<T> {
  readonly columns: T;
  readonly rowKey: string;
  readonly etag: string;
  readonly ageInMs: number;
}

/** All that instances share about holds and limits. Rows of holds that ended are in it too. */
export interface LimitRows {
  readonly holds: readonly LimitRow<HoldColumns>[];
  readonly runs: readonly LimitRow<RunColumns>[];
  readonly days: readonly LimitRow<DayColumns>[];
  readonly successes: readonly LimitRow<z.infer<typeof successSchema>>[];
}

/** The names of a scope's rows: a pause and a loss stand beside a hold of another kind, and outlive it. */
export function holdRowKeys({ connection, resourceType = '' }: HoldScope) {
  const key = sha256Hex(`${connection}\n${resourceType}`, 32);
  return {
    hold: (kind: HoldKind) => `${key}.${kind === 'pause' || kind === 'loss' ? kind : 'hold'}`,
    run: `${key}.run`,
    day: `${key}.day`,
    success: `${key}.success`,
  };
}

/** The columns that say which scope a row is of. */
export function scopeColumnsOf({ connection, resourceType = '' }: HoldScope) {
  return { v: 1, Connection: connection, ResourceType: resourceType };
}

/** The scope a row is of. */
export function scopeOf({ Connection, ResourceType }: { Connection: string; ResourceType: string }): HoldScope {
  return { connection: Connection, ...(ResourceType !== '' && { resourceType: ResourceType }) };
}

/** A scope in words, as messages and logs have it. */
export function describeScope({ connection, resourceType }: HoldScope): string {
  return resourceType === undefined ? `connection ${connection}` : `resource type ${resourceType}`;
}

/** Reads everything in one call. A row that can't be read is as good as none. @throws UnavailableError. */
export async function readLimitRows(table: EntityTable): Promise<LimitRows> {
  const { entities, readAt } = await table.list(HOLD_PARTITION, '0', '~');
  const rows = <T>(names: readonly string[], schema: z.ZodMiniType<T>): LimitRow<T>[] =>
    entities.flatMap((entity) => {
      const columns = names.some((name) => entity.rowKey.endsWith(`.${name}`)) ? read(schema, entity) : undefined;
      if (columns === undefined) return [];
      const ageInMs = readAt.getTime() - entity.writtenAt.getTime();
      return [{ columns, rowKey: entity.rowKey, etag: entity.etag, ageInMs }];
    });
  return {
    holds: rows(['pause', 'loss', 'hold'], holdSchema),
    runs: rows(['run'], runSchema),
    days: rows(['day'], daySchema),
    successes: rows(['success'], successSchema),
  };
}

/** The hold in a row, if it is one. */
export const readHold = (entity: StoredEntity | undefined) => read(holdSchema, entity);
/** The run of refusals in a row, if it is one. */
export const readRun = (entity: StoredEntity | undefined) => read(runSchema, entity);
/** The day's new tickets in a row, if it says them. */
export const readDay = (entity: StoredEntity | undefined) => read(daySchema, entity);

function read<T>(schema: z.ZodMiniType<T>, entity: StoredEntity | undefined): T | undefined {
  const parsed = entity && parse(schema, entity.columns);
  return parsed?.ok ? parsed.value : undefined;
}
