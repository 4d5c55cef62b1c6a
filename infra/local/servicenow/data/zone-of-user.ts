import type { Properties } from './properties.ts';
import type { Row } from './row.ts';
import { gmt, makeTimeZone, type TimeZone } from './time-zone.ts';

/** Gives the time zone of a user: their own, else `glide.sys.default.tz`, else GMT. */
export function makeZoneOfUser(properties: Properties): (user: Row) => TimeZone {
  const zones = new Map<string, TimeZone>();
  return (user) => {
    const name = user.time_zone || properties('glide.sys.default.tz') || 'GMT';
    const zone = name === 'GMT' ? gmt : (zones.get(name) ?? makeTimeZone(name));
    zones.set(name, zone);
    return zone;
  };
}
