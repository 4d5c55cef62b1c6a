import type { CheckContext } from '../../../../../shared/doctor/servicenow/check-context.ts';
import { type ResourceTypeMapping, readMapping } from '../../../../../shared/provisioning/resource-type-mapping.ts';
import { manualClock } from '../../manual-clock.ts';
import { recordingLog } from '../../recording-log.ts';
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
  return {
    instance: { settings: basicSettings(), host: 'contoso.service-now.com', concurrencyLimit: 2, tables },
    tables,
    marker: 'IdentityManager/test/Help',
    mappings: new Map(),
    clock: manualClock(),
    log: recordingLog(),
    lastCallTookInMs: () => 0,
    user: async () => undefined,
    properties: async () => new Map(),
    ...more,
  };
}
