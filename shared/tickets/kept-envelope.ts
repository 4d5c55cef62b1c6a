import * as z from 'zod/mini';
import { parseJson } from '../parse.ts';
import { type Envelope, readEnvelope } from '../provisioning/envelope.ts';
import type { DeliveryRow } from './ledger-row.ts';

/** The envelope that a row of a delivery keeps while it waits; `undefined` where it keeps none, or none that can be read. Pure. */
export function keptEnvelope({ Envelope: kept }: DeliveryRow): Envelope | undefined {
  if (!kept) return undefined;
  const parsed = parseJson(z.unknown(), Buffer.from(kept).toString('utf8'));
  return parsed.ok ? readEnvelope(parsed.value) : undefined;
}
