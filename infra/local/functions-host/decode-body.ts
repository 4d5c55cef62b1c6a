import type { QueueSettings } from './read-host-json.ts';

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A message's text; `not-base64` never reaches a handler, `not-text` (no UTF-8) fails each attempt before it. */
export type Body = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'not-base64' | 'not-text' };

/**
 * Decodes a stored message as `messageEncoding` says.
 * Sources: QueueTriggerBinding.cs (texts that are not Base64, strict UTF-8), Convert.FromBase64String of .NET.
 */
export function decodeBody(stored: string, encoding: QueueSettings['messageEncoding']): Body {
  if (encoding === 'none') return { kind: 'text', text: stored };
  const compact = stored.replace(/\s/g, '');
  if (!BASE64.test(compact)) return { kind: 'not-base64' };
  try {
    return { kind: 'text', text: utf8.decode(Buffer.from(compact, 'base64')) };
  } catch {
    return { kind: 'not-text' };
  }
}
