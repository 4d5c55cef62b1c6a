import type { ResourceTypeMapping } from '../../provisioning/resource-type-mapping.ts';
import type { Check } from './check-context.ts';
import { type Finding, notProven, ok, warning } from './finding.ts';

/** Says when a resolved incident counts as done, for mappings that wait until it is closed. Rights needed: read on sys_properties. */
export const checkAutoClose: Check = async ({ mappings, properties }) => {
  const waiting = [...mappings].filter(([, mapping]) => waitsForClosing(mapping)).map(([resourceType]) => resourceType);
  return waiting.length === 0 ? [] : [describeAutoClose((await properties()).get('glide.ui.autoclose.time'), waiting)];
};

function waitsForClosing({ ResolvedCounts }: ResourceTypeMapping): boolean {
  return !ResolvedCounts;
}

/** Tells what `glide.ui.autoclose.time` means, in days; `undefined` where it can't be read. Pure. */
export function describeAutoClose(days: string | undefined, resourceTypes: readonly string[]): Finding {
  const whose = resourceTypes.join(', ');
  if (days === undefined || !/^\d+$/.test(days.trim())) {
    return notProven(
      `When a resolved incident of ${whose} closes by itself can't be told: property glide.ui.autoclose.time is not readable, or no number of days.`,
      'Let the API user read sys_properties, or set ResolvedCounts to true in these mappings.',
    );
  }
  if (Number(days) === 0) {
    return warning(
      `Incidents never close by themselves here: orders of ${whose} stay Transmitted until somebody closes the resolved ticket.`,
      'Set ResolvedCounts to true in these mappings, or have resolved incidents closed automatically.',
    );
  }
  const delay = Number(days) === 1 ? '1 day' : `${Number(days)} days`;
  return ok(`Resolved incidents of ${whose} close by themselves after ${delay}; they count as done then.`);
}
