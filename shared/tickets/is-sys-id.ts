/** Whether a text is a sys_id, which needs no look-up by name. */
export function isSysId(text: string): boolean {
  return /^[0-9a-f]{32}$/.test(text);
}
