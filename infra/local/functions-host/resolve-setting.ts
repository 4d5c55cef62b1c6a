/**
 * Replaces every `%NAME%` of a binding's text by the app setting of that name.
 * @throws where a setting is missing or empty.
 */
export function resolveSetting(text: string, settings: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/%([^%]+)%/g, (_, name: string) => {
    const value = settings[name];
    if (!value) throw new Error(`Expected the app setting \`${name}\`, which "${text}" names, got none; set it.`);
    return value;
  });
}
