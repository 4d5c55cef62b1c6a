import type { CheckContext } from '../../../../../shared/doctor/servicenow/check-context.ts';
import { type ResourceTypeMapping, readMapping } from '../../../../../shared/provisioning/resource-type-mapping.ts';
import { makeClient } from '../../../../../shared/servicenow/client.ts';
import { manualClock } from '../../manual-clock.ts';
import { recordingLog } from '../../recording-log.ts';
import { fakeLogins } from './fake-logins.ts';
import { fakeTables } from './fake-tables.ts';
import { basicSettings } from './settings-of.ts';

/** Mappings of these members, by resource type, as the file would give them. */
export function mappingsOf(
  members: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): ReadonlyMap<string, ResourceTypeMapping> {
  return new Map(
    Object.entries(members).map(([resourceType, more]) => {
      const mapping = readMapping({ Connection: 'Help', ...more });
      if (!mapping.ok) throw new Error(mapping.faults.join());
      return [resourceType, mapping.value];
    }),
  );
}

/** What a check looks at, on an instance that has nothing. */
export function contextOf(more: Partial<CheckContext> = {}): CheckContext {
  const tables = more.tables ?? fakeTables({});
  const clock = manualClock();
  const log = recordingLog();
  const { instance } = makeClient(basicSettings(), {
    clock,
    log,
    logins: fakeLogins(),
    random: () => 0.5,
    permitWaitInMs: 0,
    permitLingerInMs: 0,
    http: async ({ url }) => {
      throw new Error(`Expected no call but through the tables, got one to ${url}`);
    },
  });
  return {
    instance: { ...instance, tables },
    tables,
    marker: 'IdentityManager/test/Help',
    mappings: new Map(),
    clock,
    log,
    lastCallTookInMs: () => 0,
    user: async () => undefined,
    properties: async () => new Map(),
    ...more,
  };
}
