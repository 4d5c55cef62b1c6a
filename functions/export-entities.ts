import type { TimerHandler } from '@azure/functions';
import type { ExportEntities } from '../shared/exports/export-entities.ts';
import { inInvocation } from './invocation-log.ts';

/** `exportEntities`: tables of ServiceNow become files in container `export-output`, as far as they are due. */
export function makeExportEntitiesHandler(exportEntities: ExportEntities): TimerHandler {
  return (_timer, context) => inInvocation(context, exportEntities);
}
