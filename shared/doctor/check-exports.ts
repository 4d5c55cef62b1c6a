import { readExportSettings } from '../exports/export-settings.ts';
import { readExportedTables } from '../exports/exported-tables.ts';
import type { ReadSettings } from '../settings/settings-document.ts';
import type { CheckResult } from './check-result.ts';
import { sayFailure } from './say-failure.ts';

const name = 'exports';

/** Looks at what is to be exported; nothing to say where that is no table. Never throws. */
export async function* checkExports(readSettings: ReadSettings, only: string | undefined): AsyncGenerator<CheckResult> {
  try {
    await readExportSettings(readSettings);
    const { tables, faults } = await readExportedTables(readSettings);
    for (const fault of faults)
      yield {
        name,
        status: 'failed',
        message: `A mapping can't be exported by. ${fault}.`,
        remedy: 'Put it right in appsettings.agent.json, or in the XML file it comes from.',
      };
    const meant = tables.filter(({ connection }) => only === undefined || connection === only);
    if (meant.length === 0) return;
    const named = meant.map(({ connection, table }) => `${table} of ${connection}`).join(', ');
    yield { name, status: 'ok', message: `Exported are ${named}.` };
  } catch (error) {
    const remedy = 'See the check of settings files.';
    yield { name, status: 'failed', message: `What is to be exported can't be read: ${sayFailure(error)}.`, remedy };
  }
}
