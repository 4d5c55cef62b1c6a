import { HoldError, messageOf } from '../errors.ts';
import { neutralText } from '../neutral-text.ts';
import type { TemplateView } from './template-view.ts';

const LONGEST_LINK = 500;

/**
 * Fills a template of a mapping: mustache without escaping, for tickets are plain text. What a view holds is never read as
 * a template again.
 *
 * @throws HoldError where the template is none: every order of its mapping waits until it is put right.
 */
export async function renderTemplate(
  template: string,
  view: TemplateView,
  where: { readonly resourceType: string; readonly member: string; readonly longest: number },
): Promise<string> {
  const { default: mustache } = await import('mustache');
  try {
    return neutralText(mustache.render(template, view, {}, { escape: (text) => String(text) }), where.longest);
  } catch (error) {
    throw notATemplate(where.resourceType, where.member, error);
  }
}

/** A link made of a template, each value encoded; empty for none. @throws HoldError as `renderTemplate` does. */
export async function renderLink(
  template: string | undefined,
  view: TemplateView,
  resourceType: string,
): Promise<string> {
  if (template === undefined) return '';
  const { default: mustache } = await import('mustache');
  try {
    return mustache
      .render(template, view, {}, { escape: (value) => encodeURIComponent(String(value)) })
      .slice(0, LONGEST_LINK);
  } catch (error) {
    throw notATemplate(resourceType, 'IdentityManagerUrl', error);
  }
}

/** What is wrong with a template, `undefined` where nothing is. */
export async function templateFault(template: string): Promise<string | undefined> {
  const { default: mustache } = await import('mustache');
  try {
    mustache.parse(template);
    return undefined;
  } catch (error) {
    return messageOf(error).slice(0, 200);
  }
}

function notATemplate(resourceType: string, member: string, error: unknown): HoldError {
  return new HoldError(
    `resource type ${resourceType}`,
    `${member} of the mapping of resource type "${resourceType}" is no template: ${messageOf(error).slice(0, 200)}`,
  );
}
