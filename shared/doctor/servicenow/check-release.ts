import type { Check } from './check-context.ts';
import { type Finding, failed, notProven, ok } from './finding.ts';

/** Release families before London (2018), which no longer get fixes and lack APIs. */
const TOO_OLD = /^(aspen|berlin|calgary|dublin|eureka|fuji|geneva|helsinki|istanbul|jakarta|kingston)$/i;

/** Names the instance's release. Rights needed: read on sys_properties. */
export const checkRelease: Check = async ({ properties }) => {
  const values = await properties();
  return [describeRelease(values.get('glide.buildname'), values.get('glide.war'))];
};

/** Tells from `glide.buildname` and `glide.war` whether the release is new enough. Pure. */
export function describeRelease(buildName = '', war = ''): Finding {
  const family = /^glide-([a-z]+)/i.exec(war)?.[1] ?? buildName.trim();
  if (family === '') {
    return notProven(
      'The release of the instance is not known: properties glide.buildname and glide.war are not readable.',
      'Let the API user read sys_properties, or look at the release in the instance (System Diagnostics, Stats): it has to be London or later.',
    );
  }
  const name = `${family.charAt(0).toUpperCase()}${family.slice(1).toLowerCase()}`.slice(0, 40);
  if (TOO_OLD.test(family)) {
    return failed(`The instance runs release ${name}, which is older than London.`, 'Have the instance upgraded.');
  }
  return ok(`The instance runs release ${name}${war === '' ? '' : ` (${war.slice(0, 100)})`}.`);
}
