import leven from 'leven';

/** The settings a connection may have, by the names that Identity Manager's documentation gives them, and ours. */
export const SETTING_NAMES = [
  'Server',
  'Login',
  'Password',
  'ClientId',
  'ClientSecret',
  'OAuth2Url',
  'OAuth2Scope',
  'GrantType',
  'TicketCookieDirectoryPath',
  'ResponseSizeLimit',
  'Filter',
  'ConcurrencyLimit',
  'MaxNewTicketsPerDay',
] as const;

/** The name of one connection setting. */
export type SettingName = (typeof SETTING_NAMES)[number];

/** Settings whose values are secrets. */
export const SECRET_SETTINGS: readonly string[] = ['Password', 'ClientSecret'] satisfies SettingName[];

/** Settings that decide who signs in where; only a change of one of these is worth another try of a refused login. */
export const LOGIN_SETTINGS: readonly string[] = [
  'Server',
  'Login',
  'Password',
  'ClientId',
  'ClientSecret',
  'OAuth2Url',
  'OAuth2Scope',
  'GrantType',
] satisfies SettingName[];

/** Settings that may have several values: `Filter` or `Filter:0`, `Filter:1` …, as .NET's configuration writes lists. */
export const LIST_SETTINGS: readonly string[] = ['Filter'] satisfies SettingName[];

/** The separator of .NET's configuration keys; `--` stands for it in names of Key Vault secrets. */
const ITEM = /^(?<name>[^:]+)(?<item>:\d{1,3})?$/;

/** The documented spelling of a setting's name, for .NET takes it in any case of letters; `undefined` if it is none. */
export function settingNamed(text: string): string | undefined {
  const { name = '', item = '' } = ITEM.exec(text)?.groups ?? {};
  const known = SETTING_NAMES.find((setting) => setting.toLowerCase() === name.toLowerCase());
  return known === undefined || (item !== '' && !LIST_SETTINGS.includes(known)) ? undefined : known + item;
}

/** The setting that a setting or an item of its list belongs to. */
export function settingOf(nameOrItem: string): string {
  return nameOrItem.split(':')[0] ?? nameOrItem;
}

/** What somebody may have meant by a name that is none. */
export function nearestSetting(name: string): string {
  const distance = (setting: string) => leven(setting.toLowerCase(), name.slice(0, 100).toLowerCase());
  return SETTING_NAMES.reduce((nearest, setting) => (distance(setting) < distance(nearest) ? setting : nearest));
}
