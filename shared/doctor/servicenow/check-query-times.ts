import { INCIDENT } from '../../tickets/incident-fields.ts';
import { changedTicketsQuery, lookUpQuery } from '../../tickets/ticket-queries.ts';
import type { Check } from './check-context.ts';
import { type Finding, ok, warning } from './finding.ts';

const KEY_FIELD = 'correlation_id';
const SLOW_IN_MS = 1_000;
const HOUR_IN_MS = 3_600_000;

/** Times the two queries that the connector asks all day: the look-up of one ticket, and what changed lately. */
export const checkQueryTimes: Check = async ({ instance, tables, marker, clock, lastCallTookInMs }) => {
  const now = clock.now();
  const key = '0.X.00000000000000000000000000000000.1';
  const look = () =>
    tables.list(
      INCIDENT,
      lookUpQuery({ table: INCIDENT, correlationField: KEY_FIELD, key, marker, firstClaimedAt: now }),
    );
  const poll = () =>
    tables.list(INCIDENT, {
      ...changedTicketsQuery(INCIDENT, [KEY_FIELD], marker, new Date(now.getTime() - HOUR_IN_MS)),
      orderBy: 'sys_id',
      limit: instance.settings.pageSize,
    });
  return [
    describeQueryTime('look-up of a ticket', await fastest(look), 'correlation_id, correlation_display'),
    describeQueryTime('poll for changed tickets', await fastest(poll), 'correlation_display, sys_updated_on'),
  ];

  /** Of two, where the first one is slow: it may have had to fill the database's cache. */
  async function fastest(call: () => Promise<unknown>): Promise<number> {
    const first = await time(call);
    return first > SLOW_IN_MS ? Math.min(first, await time(call)) : first;
  }

  async function time(call: () => Promise<unknown>): Promise<number> {
    await call();
    return lastCallTookInMs();
  }
};

/** Tells what a query took, and which index to ask for where that is too long. Pure. */
export function describeQueryTime(query: string, durationInMs: number, columns: string): Finding {
  const took = `The ${query} takes ${durationInMs < 1_000 ? `${Math.round(durationInMs)} ms` : `${(durationInMs / 1_000).toFixed(1)} s`}.`;
  if (durationInMs <= SLOW_IN_MS) return ok(took);
  return warning(
    took,
    `Ask the administrators of ServiceNow for an index on (${columns}) of table task, where the fields of incidents are.`,
  );
}
