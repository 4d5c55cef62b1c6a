import { HoldError, PermanentError } from '../errors.ts';
import type { Log } from '../log.ts';
import { AGENT_SETTINGS_FILE, readFileMappings } from '../settings/file-mappings.ts';
import { isSameName } from '../settings/parse-settings.ts';
import type { ReadSettings } from '../settings/settings-document.ts';
import { type ResourceTypeMapping, readMapping } from './resource-type-mapping.ts';

/** The resource type mappings as they are now. */
export interface Mappings {
  /**
   * The mapping of one resource type.
   *
   * @throws PermanentError when other types are mapped and this one is not: the order can't become a ticket.
   * @throws HoldError when no mapping is loaded at all or this one is faulty: its orders wait until that is put right.
   */
  find(resourceType: string): Promise<ResourceTypeMapping>;
  /** The connections that any readable mapping names. */
  connections(): Promise<readonly string[]>;
  /** The readable mappings that name a connection. */
  of(connection: string): Promise<readonly ResourceTypeMapping[]>;
}

/** The mappings in `appsettings.agent.json`. */
export function makeMappings(readSettings: ReadSettings, log: Log): Mappings {
  return {
    async find(resourceType) {
      const { mappings, duplicates } = await readFileMappings(readSettings);
      if (mappings.size === 0) {
        throw new HoldError(
          'settings',
          `Expected ServiceNowResourceTypeMappings in ${AGENT_SETTINGS_FILE}, found none: add a mapping for ${JSON.stringify(resourceType)}`,
        );
      }
      if ([...duplicates].some((name) => isSameName(name, resourceType))) {
        throw new HoldError(
          `resource type ${resourceType}`,
          `Expected one mapping of resource type ${JSON.stringify(resourceType)} in ${AGENT_SETTINGS_FILE}, got more: keep one of them`,
        );
      }
      if (!mappings.has(resourceType)) {
        throw new PermanentError(
          `Expected a mapping of resource type ${JSON.stringify(resourceType)} in ${AGENT_SETTINGS_FILE}, found none among ${mappings.size}: add one and replay the order`,
        );
      }
      const mapping = readMapping(mappings.get(resourceType));
      if (mapping.ok) return mapping.value;
      throw new HoldError(
        `resource type ${resourceType}`,
        `The mapping of resource type ${JSON.stringify(resourceType)} in ${AGENT_SETTINGS_FILE} is not usable: ${mapping.faults.join('; ')}`,
      );
    },

    async connections() {
      return [...new Set((await readable()).map(({ Connection }) => Connection))].sort();
    },

    async of(connection) {
      return (await readable()).filter(({ Connection }) => Connection === connection);
    },
  };

  async function readable(): Promise<ResourceTypeMapping[]> {
    const { mappings } = await readFileMappings(readSettings);
    return [...mappings].flatMap(([resourceType, data]) => {
      const mapping = readMapping(data);
      if (mapping.ok) return [mapping.value];
      log.warn('settings.warning', {
        resourceType,
        reason: `its mapping is not usable: ${mapping.faults.join('; ')}`,
      });
      return [];
    });
  }
}
