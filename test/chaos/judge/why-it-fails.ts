import type { FaultKind } from '../plan/fault-kinds.ts';
import type { Verdict } from './judge.ts';

/** Five refusals in a row lock an account. */
const LOCKOUT = 5;
/** With so many orders every kind of fault has to come about. */
const MANY_ORDERS = 200;

/** Why a run proves nothing, or the contrary of what it should; nothing where all is well. Pure. */
export function whyItFails(
  figures: Omit<Verdict, 'findings'> & {
    readonly orders: number;
    readonly faults: Partial<Record<FaultKind, number>>;
  },
  kinds: readonly FaultKind[],
  left: readonly string[],
): string[] {
  const none = (['lost', 'doubled', 'wrongState', 'leakedSecrets'] as const).flatMap((name) =>
    figures[name] > 0 ? [`Expected ${name} 0, got ${figures[name]}`] : [],
  );
  const missing = kinds.filter((kind) => !figures.faults[kind]);
  return [
    ...none,
    ...(figures.failedLogins >= LOCKOUT
      ? [`Expected fewer than ${LOCKOUT} refusals in a row at an account, got ${figures.failedLogins}`]
      : []),
    ...(left.length > 0 ? [`Expected everything to be done in the end, but there are ${left.join(', ')}`] : []),
    ...(figures.orders >= MANY_ORDERS && missing.length > 0
      ? [`Expected every kind of fault to come about, but not ${missing.join(', ')}`]
      : []),
  ];
}
