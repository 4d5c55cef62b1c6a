import type { Brake } from '../limits/brake.ts';
import { describeScope, type HoldScope } from '../limits/hold-rows.ts';
import type { Holds } from '../limits/holds.ts';
import { neutralLine } from '../neutral-text.ts';
import type { CheckResult } from './check-result.ts';

const name = 'holds';
const LONGEST_REASON = 1_000;

/** Tells of everything that keeps orders waiting. Permission needed: Storage Table Data Reader. @throws UnavailableError. */
export async function* checkHolds({
  holds,
  brake,
}: {
  readonly holds: Pick<Holds, 'all'>;
  readonly brake: Pick<Brake, 'today'>;
}): AsyncGenerator<CheckResult> {
  let found = 0;
  const warn = (message: string, verb: 'resume' | 'release', scope: HoldScope, first = ''): CheckResult => {
    found += 1;
    const type = scope.resourceType === undefined ? '' : ` --resource-type ${scope.resourceType}`;
    const command = neutralLine(`npm run connections -- ${verb} ${scope.connection}${type}`, LONGEST_REASON);
    return { name, status: 'warning', message, remedy: `${first}\`${command}\` ends it.` };
  };
  for (const { scope, kind, reason, since, isProbed } of await holds.all()) {
    const what = neutralLine(`${describeScope(scope)} since ${since}: ${reason}`, LONGEST_REASON);
    if (kind === 'pause') yield warn(`An operator has paused ${what}.`, 'resume', scope);
    else if (kind === 'loss') {
      found += 1;
      const remedy = `Find out what became of them, then \`npm run tickets -- accept-loss ${scope.connection}\` or \`npm run tickets -- keep ${scope.connection}\` ends it.`;
      yield {
        name,
        status: 'warning',
        message: `Orders are on hold for ${what}.`,
        remedy: neutralLine(remedy, LONGEST_REASON),
      };
    } else {
      const first = isProbed
        ? 'Put it right: one order at a time looks whether it is over. '
        : 'Put it right first: nothing looks by itself whether it is over. ';
      yield warn(`Orders are on hold for ${what}.`, 'release', scope, first);
    }
  }
  for (const { scope, drawn, brakedSince } of await brake.today()) {
    if (brakedSince === undefined) continue;
    const message = `The limit of new tickets today (MaxNewTicketsPerDay) is reached for ${describeScope(scope)} since ${brakedSince}, with ${drawn}: orders wait until 00:00 UTC.`;
    yield warn(neutralLine(message, LONGEST_REASON), 'release', scope, 'See whether so many orders are meant. ');
  }
  if (found === 0)
    yield { name, status: 'ok', message: 'Nothing is paused or on hold, and no daily limit is reached.' };
}
