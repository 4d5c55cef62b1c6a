/** JSON that may stand in a header: other letters than ASCII's are escaped. */
export function headerText(content: unknown): string {
  return JSON.stringify(content).replace(
    /[^\x20-\x7e]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
