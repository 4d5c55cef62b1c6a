import {
  type DescriptionContext,
  describeOrder,
  LONGEST_DESCRIPTION,
  type OtherTicket,
  type TicketText,
} from './describe-order.ts';
import { changesOf } from './order-changes.ts';
import { renderLink, renderTemplate } from './render-template.ts';
import { ownRules } from './state-maps.ts';
import { type TemplateView, templateView } from './template-view.ts';
import type { TicketOrder } from './ticket-order.ts';
import { kindOf } from './ticket-reference.ts';

/**
 * Writes the texts of an order's ticket, by the mapping's templates where it has any, and gives what templates see of the
 * order. Asks nobody.
 *
 * @throws HoldError where a template of the mapping is none.
 */
export async function draftTexts(
  { order, changeType, envelope, mapping }: Pick<TicketOrder, 'order' | 'changeType' | 'envelope' | 'mapping'>,
  caller: DescriptionContext['caller'],
  otherTickets: readonly OtherTicket[],
  ticketKey: string,
): Promise<{ readonly text: TicketText; readonly view: TemplateView }> {
  const resourceType = order.ResourceType.Identifier;
  const allowed = mapping.TicketAttributes;
  const changes = changesOf(order, changeType, allowed);
  const seen = (profileLink: string) => templateView(order, changeType, changes, { allowed, profileLink, ticketKey });
  const profileLink = await renderLink(mapping.IdentityManagerUrl, seen(''), resourceType);
  const view = seen(profileLink);
  const render = async (member: 'TitleTemplate' | 'DescriptionTemplate') => {
    const template = mapping[member]?.[changeType];
    // More than the field holds is kept, so that it shows that something was cut.
    const longest = 2 * LONGEST_DESCRIPTION;
    return template === undefined ? undefined : renderTemplate(template, view, { resourceType, member, longest });
  };
  const text = describeOrder(order, changeType, {
    ticketKey,
    caller,
    otherTickets,
    allowed,
    profileLink,
    additionalInformation: mapping.TicketAdditionalInformation,
    kind: kindOf(mapping, changeType),
    resolvedCounts: mapping.ResolvedCounts,
    ownRules: ownRules(mapping),
    detailsIn: mapping.DetailsIn,
    together: envelope.Together ?? [],
    custom: { title: await render('TitleTemplate'), description: await render('DescriptionTemplate') },
  });
  return { text, view };
}
