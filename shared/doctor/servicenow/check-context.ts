import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import type { ResourceTypeMapping } from '../../provisioning/resource-type-mapping.ts';
import type { Instance } from '../../servicenow/client.ts';
import type { TableApi } from '../../servicenow/table-api.ts';
import type { Finding } from './finding.ts';
import type { Properties } from './read-properties.ts';
import type { Found } from './read-user.ts';

/** What the checks of a signed-in connection look at; what several need is read once. */
export interface CheckContext {
  readonly instance: Instance;
  readonly tables: TableApi;
  /** The marker of this installation's tickets. */
  readonly marker: string;
  readonly mappings: ReadonlyMap<string, ResourceTypeMapping>;
  readonly clock: Clock;
  readonly log: Log;
  /** How long the last call was away, without what it waited for before it was sent. */
  readonly lastCallTookInMs: () => number;
  /** The API user. */
  readonly user: () => Promise<Found>;
  readonly properties: () => Promise<Properties>;
}

/** One check; it may throw, and then that is what it found. */
export type Check = (context: CheckContext) => Promise<readonly Finding[]>;
