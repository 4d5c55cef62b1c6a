import { PermanentError } from '../errors.ts';
import type { Mappings } from './mappings.ts';
import type { ResourceTypeMapping } from './resource-type-mapping.ts';

/** The mapping of a resource type, none where it is mapped no more: then the defaults count. Any other trouble has to pass. */
export async function mappingOrNone(
  mappings: Pick<Mappings, 'find'>,
  resourceType: string,
): Promise<ResourceTypeMapping | undefined> {
  try {
    return await mappings.find(resourceType);
  } catch (error) {
    if (error instanceof PermanentError) return undefined;
    throw error;
  }
}
