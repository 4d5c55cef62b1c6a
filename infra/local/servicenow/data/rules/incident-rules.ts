import { Refusal } from '../../refusal.ts';
import { incident } from '../tables/incident.ts';
import type { Rule, Write } from './rule.ts';

const RESOLVED = '6';
const CLOSED = '7';
const CANCELED = '8';

/** By impact and urgency; "Priority lookup rules" of the product documentation. */
const priorities: Readonly<Record<string, string>> = {
  '1,1': '1',
  '1,2': '2',
  '1,3': '3',
  '2,1': '2',
  '2,2': '3',
  '2,3': '4',
  '3,1': '3',
  '3,2': '4',
  '3,3': '5',
};

/**
 * Keeps an incident in its state model: one state under two names, priority by impact and urgency, who resolved, closed
 * and reopened it and when. Closed and cancelled ones stay so.
 * @throws Refusal 403 without close code and notes on a resolved or closed incident, and on leaving a final state.
 * Source: "Incident management state model" of the product documentation.
 */
export const incidentRules: Rule = (write) => {
  const { previous, next, actor, at } = write;
  const state = stateOf(write);
  const from = previous?.state;
  if ((from === CLOSED || from === CANCELED) && state !== from) {
    throw new Refusal(403, 'Operation Failed', 'ACL Exception Update Failed due to security constraints');
  }
  if (state === RESOLVED || state === CLOSED) refuseMissing(['close_code', 'close_notes'], next);
  const final = state === CLOSED || state === CANCELED;
  return {
    state,
    incident_state: state,
    active: final ? 'false' : 'true',
    priority: priorities[`${next.impact},${next.urgency}`] ?? next.priority ?? '',
    ...(state !== from && state !== '3' && { hold_reason: '' }),
    ...(state !== from && state === RESOLVED && { resolved_at: at, resolved_by: actor.sysId }),
    ...(state !== from && final && { closed_at: at, closed_by: actor.sysId }),
    ...(from === RESOLVED &&
      state !== RESOLVED &&
      !final && {
        reopen_count: String(Number(previous?.reopen_count) + 1),
        reopened_by: actor.sysId,
        reopened_time: at,
      }),
  };
};

/** A client may write either name of the state; `state` wins when it writes both. */
function stateOf({ previous, next, given }: Write): string {
  if (given.has('state')) return next.state ?? '';
  if (given.has('incident_state')) return next.incident_state ?? '';
  return previous?.state ?? next.state ?? '';
}

function refuseMissing(fields: readonly string[], row: Readonly<Record<string, string>>): void {
  const missing = fields.filter((field) => (row[field] ?? '').trim() === '');
  if (missing.length === 0) return;
  const labels = missing.map((field) => incident.fields[field]?.label ?? field).join(', ');
  throw new Refusal(403, 'Operation Failed', `Data Policy Exception: The following fields are mandatory: ${labels}`);
}
