import { HoldError } from '../../errors.ts';
import { checkTimeZone } from '../../servicenow/check-time-zone.ts';
import type { Check } from './check-context.ts';
import { type Finding, failed, notProven, ok, warning } from './finding.ts';

/** Zones that are GMT in summer too. */
const GMT = /^(etc\/)?(gmt([+-]?0)?|utc|uct|universal|zulu|greenwich)$/i;

const SET_GMT = 'Set the time zone of the API user to GMT (field time_zone of its row in sys_user).';

/** Looks whether times mean GMT to the instance: by data, and by the zone of the API user where it can be read. */
export const checkUserTimeZone: Check = async ({ instance, user }) => {
  const row = await user();
  const which = typeof row === 'object' && row.sys_id ? ([['sys_id', '=', row.sys_id]] as const) : [];
  try {
    const isProven = await checkTimeZone(instance, 'sys_user', which);
    return [describeTimeZone(isProven, typeof row === 'object' ? row.time_zone : undefined)];
  } catch (error) {
    if (!(error instanceof HoldError)) throw error;
    return [
      failed(
        'A search for a user by the time it was created at does not find it, or shows no such time: times in searches do not mean GMT, and changed tickets would be overlooked.',
        `${SET_GMT} If it is GMT, let the API user read sys_created_on of sys_user.`,
      ),
    ];
  }
};

/** Tells what data (`isProven`) and the user's own zone say; `undefined` for one that can't be read. Pure. */
export function describeTimeZone(isProven: boolean, zone: string | undefined): Finding {
  if (zone !== undefined && GMT.test(zone)) return ok(`The API user's time zone is ${zone}.`);
  if (zone === '') {
    return warning(
      "The API user has no time zone of its own: times follow the instance's default, which may change.",
      SET_GMT,
    );
  }
  // Zones of the west of Europe and Africa are GMT for a part of the year.
  if (zone !== undefined)
    return warning(`The API user's time zone is ${zone.slice(0, 60)}, which may not be GMT all the year.`, SET_GMT);
  if (isProven) return ok('Times in searches mean GMT now; the time zone of the API user itself is not readable.');
  return notProven('The time zone of the API user can not be told: no user and no zone is readable.', SET_GMT);
}

/** Looks whether the API user's language is fixed. */
export const checkLanguage: Check = async ({ user }) => {
  const row = await user();
  return [describeLanguage(typeof row === 'object' ? row.preferred_language : undefined)];
};

/** Tells what `preferred_language` means; `undefined` where it can't be read. Pure. */
export function describeLanguage(language: string | undefined): Finding {
  const remedy = 'Set the language of the API user to English (field preferred_language of its row in sys_user).';
  if (language === undefined) return notProven('The language of the API user is not readable.', remedy);
  if (language === '') {
    return warning("The API user has no language of its own: labels depend on the instance's default.", remedy);
  }
  return ok(`The API user's language is fixed (${language.slice(0, 20)}).`);
}
