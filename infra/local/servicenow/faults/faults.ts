import type { Random } from '../random.ts';
import type { FaultRule } from './fault-rule.ts';

/** A rule that is in force. */
export type ActiveFault = FaultRule & { readonly id: string };

/** What a rule can look at. */
interface FaultSubject {
  readonly method: string;
  readonly path: string;
  readonly table?: string;
  readonly encodedQuery: string;
}

/** The fault rules in force. */
export interface Faults {
  /** Adds a rule, in place of one with the same id, and gives its id. */
  add(rule: FaultRule): string;
  remove(id: string): boolean;
  clear(): void;
  list(): readonly ActiveFault[];
  /** The first rule that strikes this request; asking counts as a match, and as a strike. */
  strike(subject: FaultSubject): ActiveFault | undefined;
}

export function makeFaults(random: Random): Faults {
  const rules = new Map<string, { readonly rule: ActiveFault; matches: number; strikes: number }>();
  let lastId = 0;
  return {
    add(rule) {
      const id = rule.id ?? `fault-${++lastId}`;
      rules.set(id, { rule: { ...rule, id }, matches: 0, strikes: 0 });
      return id;
    },
    remove: (id) => rules.delete(id),
    clear: () => rules.clear(),
    list: () => [...rules.values()].map(({ rule }) => rule),
    strike(subject) {
      for (const state of rules.values()) {
        const { match = {}, times = Number.POSITIVE_INFINITY } = state.rule;
        if (state.strikes >= times || !isMatch(match, subject)) continue;
        state.matches++;
        if (match.nth !== undefined && match.nth !== state.matches) continue;
        if (match.probability !== undefined && random.next() >= match.probability) continue;
        state.strikes++;
        return state.rule;
      }
      return undefined;
    },
  };
}

function isMatch(match: NonNullable<FaultRule['match']>, subject: FaultSubject): boolean {
  return (
    (match.method === undefined || match.method.toUpperCase() === subject.method) &&
    (match.path === undefined || subject.path.startsWith(match.path)) &&
    (match.table === undefined || match.table === subject.table) &&
    (match.query === undefined || subject.encodedQuery.includes(match.query))
  );
}
