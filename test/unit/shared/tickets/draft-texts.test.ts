import { describe, expect, it } from 'vitest';
import { openMessage } from '../../../../shared/provisioning/envelope.ts';
import { isChangeType, type ProvisioningOrder } from '../../../../shared/provisioning/order.ts';
import { readMapping } from '../../../../shared/provisioning/resource-type-mapping.ts';
import { draftTexts } from '../../../../shared/tickets/draft-texts.ts';
import { templateFault } from '../../../../shared/tickets/render-template.ts';
import { anEnvelope } from '../../../orders.ts';
import { sampleOrder } from '../sample-orders.ts';

function textsOf(
  members: object,
  order: ProvisioningOrder = sampleOrder('modified-with-links.json'),
  together: string[] = [],
) {
  const mapping = readMapping({ Connection: 'Help', ...members });
  if (!mapping.ok) throw new Error(mapping.faults.join());
  const changeType = isChangeType(order.ChangeType) ? order.ChangeType : 'Added';
  const metadata = { id: undefined, insertionTime: undefined, traceParent: undefined };
  const envelope = { ...openMessage(anEnvelope(order), metadata, new Date(0)), Together: together };
  return draftTexts({ order, changeType, envelope, mapping: mapping.value }, 'owner', [], '393.M.00.1');
}
const titleOf = async (template: unknown, order?: ProvisioningOrder) =>
  (await textsOf({ TitleTemplate: template }, order)).text.title;
const descriptionOf = async (template: string, order?: ProvisioningOrder) =>
  (await textsOf({ DescriptionTemplate: template }, order)).text.description;

describe('draftTexts, with templates', () => {
  it('knows the variables of the documented ticket templates', async () => {
    const template = [
      '{{Username}} | {{ResourceType}} | {{UsercubeProfileLink}} | {{ProvisioningOrder.ChangeType}}',
      '{{#Entity.GetEnumerator}}{{Key}}: {{Value}}; {{/Entity.GetEnumerator}}',
      '{{#DisplayAdd}}{{#AddedLinkedEntities}}{{Name}} + {{#Values}}{{.}}, {{/Values}}{{/AddedLinkedEntities}}{{/DisplayAdd}}',
      '{{#DisplayRemove}}{{#RemovedLinkedEntities}}{{Name}} - {{#Values}}{{.}}, {{/Values}}{{/RemovedLinkedEntities}}{{/DisplayRemove}}',
      '{{ProvisioningOrder.Owner.EmployeeId}} {{ProvisioningOrder.Resource.identifier}} {{ProvisioningOrder.Changes.lastName}}',
    ].join('\n');
    const { text } = await textsOf({
      DescriptionTemplate: template,
      IdentityManagerUrl: 'https://im.contoso.com/users/{{ProvisioningOrder.Owner.Id}}',
    });
    expect(text.description).toContain(
      [
        '007 - Bond James | SAP_User_NominativeUser | https://im.contoso.com/users/21511 | Modified',
        'lastName: Bond-Moneypenny; site: Paris; ',
        'roles + FI clerk, SAP_MM_VIEW, ',
        'roles - HR viewer, ',
        '007 007 Bond-Moneypenny',
      ].join('\n'),
    );
  });

  it('keeps what a person has to know below a template of one’s own', async () => {
    const description = await descriptionOf('Do it.');
    expect(description).toMatch(/^Do it\.\n\n|\n\nDo it\.\n\n/);
    expect(description).toContain('set this ticket to Closed');
    expect(description).toContain('Reference: 393.M.00.1');
  });

  it('takes the template of the change type, and the built-in text where there is none', async () => {
    expect(await titleOf({ Modified: 'Change of {{Username}}', Added: 'New' })).toBe('Change of 007 - Bond James');
    expect(await titleOf({ Added: 'New' })).toBe('Change SAP_User_NominativeUser for 007 - Bond James');
  });

  it('never reads what an order says as a template, and escapes nothing', async () => {
    const order = {
      ...sampleOrder('added.json'),
      Owner: { Id: '1', InternalDisplayName: "<O'Brien> {{ResourceType}} & [code]x" },
    };
    expect(await titleOf('{{Username}}', order)).toBe("<O'Brien> { {ResourceType} } & (code)x");
  });

  it('shows nothing of owner and resource that the mapping does not allow, nor any secret', async () => {
    const order = { ...sampleOrder('added.json'), Owner: { Id: '1', BirthDate: '1920', password: 'canary-2' } };
    const template = '[{{ProvisioningOrder.Owner.BirthDate}}{{ProvisioningOrder.Owner.password}}]';
    expect(await titleOf(template, order)).toBe('[]');
    const allowed = { TitleTemplate: template, TicketAttributes: ['BirthDate', 'password'] };
    expect((await textsOf(allowed, order)).text.title).toMatch(/^\[1920\(not shown/);
  });

  it('encodes values in a link', async () => {
    const order = { ...sampleOrder('added.json'), Owner: { Id: 'a/b?c=d' } };
    const { text } = await textsOf(
      { IdentityManagerUrl: 'https://im.contoso.com/{{ProvisioningOrder.Owner.Id}}' },
      order,
    );
    expect(text.description).toContain('In Identity Manager: https://im.contoso.com/a%2Fb%3Fc%3Dd\n');
  });

  it.each(['{{#open}}', '{{/closed}}', '{{unclosed'])(
    'holds the orders of a mapping whose template is %s',
    async (template) => {
      await expect(titleOf(template)).rejects.toMatchObject({
        failure: { class: 'hold', scope: 'resource type SAP_User_NominativeUser' },
        message: expect.stringMatching(
          /^TitleTemplate of the mapping of resource type "SAP_User_NominativeUser" is no template: /,
        ),
      });
      expect(await templateFault(template)).toBeTypeOf('string');
    },
  );

  it('finds no fault in a template', async () => {
    expect(await templateFault('{{#a}}{{b}}{{/a}}')).toBeUndefined();
  });
});

describe('draftTexts', () => {
  it('keeps details from the caller in the work notes', async () => {
    const { text } = await textsOf({ DetailsIn: 'work_notes' });
    expect(text.description).not.toMatch(/Moneypenny|EmployeeId|FI clerk/);
    expect(text.description).toContain('The details are in the work notes.');
    expect(text.workNotes).toContain('- lastName: Bond → Bond-Moneypenny');
    expect(text.workNotes).toContain('EmployeeId 007');
  });

  it('attaches all details where the text has no room for them', async () => {
    const Changes = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`attribute${index}`, `value ${index}`]),
    );
    const order = { ...sampleOrder('added.json'), Changes };
    const { text } = await textsOf({}, order);
    expect(text.description).toContain('more: see the attachment');
    expect(text.description.length).toBeLessThanOrEqual(4_000);
    expect(text.attachment?.match(/^- attribute\d+: value \d+$/gm)).toHaveLength(300);
    const long = await textsOf({}, { ...order, Changes: { comment: 'x'.repeat(5_000) } });
    expect(long.text.attachment).toContain('x'.repeat(5_000));
    expect((await textsOf({})).text.attachment).toBeUndefined();
  });

  it('attaches nothing that is kept from the caller, nor what a template left out', async () => {
    const order = { ...sampleOrder('added.json'), Changes: { login: 'bond', salary: 'x'.repeat(5_000) } };
    const hidden = await textsOf({ DetailsIn: 'work_notes' }, order);
    expect(hidden.text.attachment).toBeUndefined();
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`attribute${index}`, 'value of it']));
    const cut = await textsOf({ DetailsIn: 'work_notes' }, { ...order, Changes: many });
    expect(cut.text).toMatchObject({ workNotes: expect.stringContaining('more: see Identity Manager') });
    const own = await textsOf({ DescriptionTemplate: 'Login {{ProvisioningOrder.Changes.login}}' }, order);
    expect(own.text.attachment).toBeUndefined();
    const long = await textsOf(
      { DescriptionTemplate: `{{ProvisioningOrder.Changes.login}} ${'y'.repeat(6_000)}` },
      order,
    );
    expect(long.text.attachment).toMatch(/^bond y{6000}\n$/);
  });

  it('keeps room for the order and for what closing means, whatever else there is to say', async () => {
    const order = sampleOrder('modified-with-links.json');
    const { text } = await textsOf(
      {
        TicketAdditionalInformation: 'i'.repeat(1_000),
        IdentityManagerUrl: `https://im.contoso.com/${'u'.repeat(600)}`,
      },
      order,
      Array.from({ length: 20 }, (_, index) => `Added ${'t'.repeat(170)} (assignment ${index})`),
    );
    expect(text.description).toContain('- lastName: Bond → Bond-Moneypenny');
    expect(text.description).toContain('Reference: 393.M.00.1');
  });

  it('gives templates nothing for what is null, and links no half of a character', async () => {
    const order = {
      ...sampleOrder('added.json'),
      Changes: { site: null },
      Owner: { Id: `${'x'.repeat(199)}😀`, InternalDisplayName: 'n' },
    };
    expect(await titleOf('[{{Entity.site}}{{#Entity.site}}yes{{/Entity.site}}]', order)).toBe('[]');
    const url = { IdentityManagerUrl: 'https://im.contoso.com/{{ProvisioningOrder.Owner.Id}}' };
    expect((await textsOf(url, order)).text.description).toContain('In Identity Manager: https://im.contoso.com/xxx');
  });

  it('says what else was ordered in the same workflow', async () => {
    const { text } = await textsOf({}, undefined, ['Added Badge (assignment 5)']);
    expect(text.description).toContain(
      'Ordered in the same workflow for the same person, each with a ticket of its own:\n- Added Badge (assignment 5)\n',
    );
  });
});
