import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readMapping } from '../../shared/provisioning/resource-type-mapping.ts';
import { makeLoadCyberArk } from '../../shared/secrets/cyberark-configuration.ts';
import { makeLoadVaultLocation } from '../../shared/secrets/vault-location.ts';
import { parseSettings } from '../../shared/settings/parse-settings.ts';
import type { ReadSettings } from '../../shared/settings/settings-document.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const PAGES_WITH_COMMANDS = ['README.md', 'shared/secrets/README.md', 'shared/provisioning/README.md'];
const PAGES = [
  ...PAGES_WITH_COMMANDS,
  'shared/tickets/README.md',
  'shared/exports/README.md',
  'shared/passwords/README.md',
];

/** The examples of one language in a page, as they stand there. */
function examples(path: string, language: string): string[] {
  return [...read(path).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, text = '']) => text);
}

describe('what people read', () => {
  it.each(PAGES_WITH_COMMANDS)('%s names only commands that are there', (path) => {
    const { scripts }: { scripts: Record<string, string> } = JSON.parse(read('package.json'));
    const commands = [...read(path).matchAll(/npm (?:run )?(?:-s )?([a-z-]+)/g)].map(([, name = '']) => name);
    expect(commands.length).toBeGreaterThan(1);
    expect(commands.filter((name) => name !== 'ci' && name !== 'run' && !(name in scripts))).toEqual([]);
  });

  it.each(PAGES)('%s names only files that are there', (path) => {
    const links = [...read(path).matchAll(/\]\(([^)#]+)\)/g)].map(([, target = '']) => target);
    for (const link of links.filter((target) => !target.startsWith('https:'))) {
      expect(read(new URL(link, `file:///${path}`).pathname.slice(1)).length).toBeGreaterThan(0);
    }
  });

  it.each(['README.md', 'shared/provisioning/README.md'])('%s shows mappings that can be used', (path) => {
    const [text = ''] = examples(path, 'json');
    const { ServiceNowResourceTypeMappings: mappings }: Record<string, object> = JSON.parse(text);
    const read = Object.values(mappings ?? {}).map(readMapping);
    expect(read.length).toBeGreaterThan(0);
    expect(read.filter(({ ok }) => !ok)).toEqual([]);
  });

  it('shows an appsettings.json whose sections can be used', async () => {
    const [text = ''] = examples('shared/secrets/README.md', 'json');
    const parsed = await parseSettings(Buffer.from(text));
    if (!parsed.ok) throw new Error(parsed.fault);
    const readSettings: ReadSettings = async (name) =>
      name === 'appsettings.json' ? { name, version: undefined, section: parsed.section } : undefined;
    const location = makeLoadVaultLocation({ keyVaultUrl: undefined, identityClientId: undefined }, readSettings);
    expect(await location()).toEqual({ url: 'https://contoso.vault.azure.net', clientId: '<client id>' });
    const { loadConfiguration } = makeLoadCyberArk(readSettings, async () => undefined);
    expect(await loadConfiguration()).toMatchObject({ safeName: 'ServiceNow', applicationId: 'IdentityManager' });
  });
});
