const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * What a queue message says, whoever wrote it: the JSON value in it, else its text. Total, and nothing is lost: what is
 * not Base64, or Base64 of what is no UTF-8, is taken as it is.
 */
export function readMessageText(stored: string): unknown {
  const text = decode(stored);
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function decode(stored: string): string {
  const compact = stored.replace(/\s/g, '');
  if (!BASE64.test(compact)) return stored;
  try {
    return utf8.decode(Buffer.from(compact, 'base64'));
  } catch {
    return stored;
  }
}
