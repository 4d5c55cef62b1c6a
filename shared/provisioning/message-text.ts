const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Deeper than any order, and far from what recursion bears. */
const DEEPEST = 100;

/**
 * What a queue message says, whoever wrote it: the JSON value in it, else its text. Total, and nothing is lost: what is
 * not Base64, or Base64 of what is no UTF-8, is taken as it is; JSON nested too deeply to be worked with stays text.
 */
export function readMessageText(stored: string): unknown {
  const text = decode(stored);
  try {
    const value: unknown = JSON.parse(text);
    return isDeeperThan(value, DEEPEST) ? text : value;
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

function isDeeperThan(value: unknown, most: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return most === 0 || Object.values(value).some((member) => isDeeperThan(member, most - 1));
}
