import { type ResourceTypeMapping, readMapping } from '../provisioning/resource-type-mapping.ts';
import { AGENT_SETTINGS_FILE, type FileMappings, readFileMappings } from '../settings/file-mappings.ts';
import type { ReadSettings } from '../settings/settings-document.ts';
import { templateFault } from '../tickets/render-template.ts';
import { connectionNamedBy } from './agent-files.ts';
import type { CheckResult } from './check-result.ts';
import { sayFailure } from './say-failure.ts';

const NAME = 'mappings';

/** The mappings that can be used, by resource type; none where the file can't be read. Never throws. */
export async function readableMappings(readSettings: ReadSettings): Promise<ReadonlyMap<string, ResourceTypeMapping>> {
  try {
    const { mappings } = await readFileMappings(readSettings);
    return new Map(
      [...mappings].flatMap(([resourceType, data]) => {
        const mapping = readMapping(data);
        return mapping.ok ? [[resourceType, mapping.value] as const] : [];
      }),
    );
  } catch {
    return new Map();
  }
}

/** Looks at the form of all mappings, or of those that name connection `only`. Never throws. */
export async function* checkMappings(
  readSettings: ReadSettings,
  options: {
    readonly only: string | undefined;
    /** Connections that were looked for in every source and found in none. */
    readonly unknown: ReadonlySet<string>;
  },
): AsyncGenerator<CheckResult> {
  try {
    const templateFaults = new Map<string, readonly string[]>();
    for (const [resourceType, mapping] of await readableMappings(readSettings)) {
      templateFaults.set(resourceType, await faultsOfTemplates(mapping));
    }
    yield* describeMappings(await readFileMappings(readSettings), { ...options, templateFaults });
  } catch (error) {
    const remedy = `See the check of settings files: ${AGENT_SETTINGS_FILE} can't be read.`;
    yield { name: NAME, status: 'skipped', message: `The mappings can't be looked at: ${sayFailure(error)}.`, remedy };
  }
}

/** The pure part: what is wrong with mappings, and what is to be decided. */
export function* describeMappings(
  { mappings, duplicates }: FileMappings,
  {
    only,
    unknown,
    templateFaults = new Map(),
  }: {
    readonly only: string | undefined;
    readonly unknown: ReadonlySet<string>;
    /** What is wrong with the templates of each mapping. */
    readonly templateFaults?: ReadonlyMap<string, readonly string[]>;
  },
): Generator<CheckResult> {
  const chosen = [...mappings].filter(([, data]) => only === undefined || (connectionNamedBy(data) ?? only) === only);
  if (chosen.length === 0) {
    const whose = only === undefined ? '' : ` that names connection "${only}"`;
    const message = `Expected a mapping${whose} in ServiceNowResourceTypeMappings of ${AGENT_SETTINGS_FILE}, found none.`;
    const remedy = 'Add a mapping for each resource type whose orders are to become tickets.';
    yield { name: NAME, status: only === undefined ? 'failed' : 'warning', message, remedy };
    return;
  }
  const usable: string[] = [];
  const undecided: string[] = [];
  for (const [resourceType, data] of chosen) {
    const mapping = readMapping(data);
    const faults = [
      ...(mapping.ok ? [] : mapping.faults),
      ...(templateFaults.get(resourceType) ?? []),
      ...(duplicates.has(resourceType) ? ['there is more than one, or a member of it twice; keep one of them'] : []),
      ...(mapping.ok && unknown.has(mapping.value.Connection)
        ? [`it names connection "${mapping.value.Connection}", which no source knows`]
        : []),
    ];
    yield* faults.map((fault) => faulty(resourceType, fault));
    if (faults.length > 0) continue;
    usable.push(resourceType);
    if (!decides(data, 'ResolvedCounts')) undecided.push(resourceType);
  }
  if (usable.length > 0) {
    yield { name: NAME, status: 'ok', message: `Usable: ${usable.join(', ')}.` };
  }
  if (undecided.length > 0) {
    yield {
      name: NAME,
      status: 'warning',
      message: `ResolvedCounts is not decided for ${undecided.join(', ')}: a resolved incident counts only when it is closed, some days later.`,
      remedy: 'Set ResolvedCounts to true (resolved is done) or to false (closed is done) in these mappings.',
    };
  }
}

/** Every template of a mapping that is none, by its member. */
async function faultsOfTemplates({
  TitleTemplate,
  DescriptionTemplate,
  IdentityManagerUrl,
  Fields,
  CatalogVariables,
}: ResourceTypeMapping): Promise<string[]> {
  const valuesOf = (member: string, byChangeType: object | undefined) =>
    [...new Set(Object.values(byChangeType ?? {}))].map((value: unknown) => [member, value] as const);
  const templates = [
    ...valuesOf('TitleTemplate', TitleTemplate),
    ...valuesOf('DescriptionTemplate', DescriptionTemplate),
    ['IdentityManagerUrl', IdentityManagerUrl] as const,
    ...Object.entries(Fields).flatMap(([field, values]) => valuesOf(`Fields.${field}`, values)),
    ...Object.entries(CatalogVariables).flatMap(([name, values]) => valuesOf(`CatalogVariables.${name}`, values)),
  ];
  const faults: string[] = [];
  for (const [member, value] of templates) {
    const text = typeof value === 'object' && value !== null && 'Value' in value ? value.Value : value;
    const fault = typeof text === 'string' ? await templateFault(text) : undefined;
    if (fault !== undefined) faults.push(`${member}: expected a template (mustache), got one with a fault: ${fault}`);
  }
  return faults;
}

function faulty(resourceType: string, fault: string): CheckResult {
  return {
    name: NAME,
    status: 'failed',
    message: `The mapping of resource type ${JSON.stringify(resourceType)} is not usable: ${fault}.`,
    remedy: `Put it right in ${AGENT_SETTINGS_FILE}; its orders wait until then.`,
  };
}

/** Members are read by these very names, so only these decide. */
function decides(data: unknown, member: string): boolean {
  return typeof data === 'object' && data !== null && Object.hasOwn(data, member);
}
