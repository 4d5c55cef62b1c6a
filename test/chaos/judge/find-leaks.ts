import { CANARY } from '../canaries.ts';
import type { Evidence } from './evidence.ts';

/** A secret where none may be. */
export interface Leak {
  readonly secret: string;
  readonly place: string;
}

/** Shorter texts would be found by chance. */
const SHORTEST = 8;
const ENDING = /^[\w-]*/;

/**
 * Finds secrets as they are and in Base64: those of connections, every canary of an order, and whatever stands behind
 * `Bearer` or `Basic`. Each is told once per place.
 */
export function findLeaks({ searched, secrets }: Pick<Evidence, 'searched' | 'secrets'>): Leak[] {
  const known = secrets.filter((secret) => secret.length >= SHORTEST);
  const forms = [...known, ...[CANARY, ...known].flatMap(inBase64)];
  return searched.flatMap(({ place, text }) => {
    const found = new Set(forms.filter((form) => text.includes(form)));
    for (let at = text.indexOf(CANARY); at >= 0; at = text.indexOf(CANARY, at + 1)) {
      found.add(CANARY + (ENDING.exec(text.slice(at + CANARY.length, at + CANARY.length + 40))?.[0] ?? ''));
    }
    for (const [header] of text.matchAll(/\b(?:Bearer|Basic) [\w.+/=-]{8,}/g)) found.add(header);
    return [...found].map((secret) => ({ secret, place }));
  });
}

/** What a text looks like inside of Base64, wherever in the encoded bytes it begins. */
function inBase64(text: string): string[] {
  return [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]).toString('base64');
    // Characters at both ends hold bits of the neighbours too.
    return encoded.replace(/=+$/, '').slice(before === 0 ? 0 : before + 1, -1);
  });
}
