import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isChangeType, type ProvisioningOrder } from '../../../../shared/provisioning/order.ts';
import {
  type DescriptionContext,
  describeOrder,
  type OtherTicket,
  summarizeOrder,
} from '../../../../shared/tickets/describe-order.ts';
import { sampleOrder, sampleOrders } from '../sample-orders.ts';

const context: DescriptionContext = {
  ticketKey: '393.A.00.1',
  caller: 'owner',
  additionalInformation: undefined,
  kind: 'incident',
  resolvedCounts: false,
  ownRules: [],
  otherTickets: [],
  allowed: [],
  detailsIn: 'description',
  profileLink: '',
  together: [],
  custom: { title: undefined, description: undefined },
};

function describeIt(order: ProvisioningOrder, members: Partial<DescriptionContext> = {}) {
  const changeType = isChangeType(order.ChangeType) ? order.ChangeType : 'Added';
  return describeOrder(order, changeType, { ...context, ...members });
}
/** A created resource with these attributes. */
const added = (Changes: Record<string, unknown>): ProvisioningOrder => ({ ...sampleOrder('added.json'), Changes });
const modified = (Changes: Record<string, unknown>, Resource: Record<string, unknown>): ProvisioningOrder => ({
  ...sampleOrder('modified-with-links.json'),
  Changes,
  Resource,
});

describe('describeOrder', () => {
  it('tells a person what to create, for whom, and what comes of closing it', () => {
    expect(describeIt(sampleOrder('added.json'), { additionalInformation: 'Ask the SAP team.' })).toEqual({
      title: 'Create SAP_User_NominativeUser for 007 - Bond James',
      description: [
        'Please create the following by hand: SAP_User_NominativeUser (SAP_User) for 007 - Bond James.',
        'The person: Identifier 007, EmployeeId 007, Email james.bond@contoso.com',
        '- identifier: 007\n- firstName: James\n- lastName: Bond',
        'Ask the SAP team.',
        [
          'When it is done, set this ticket to Closed: Identity Manager then counts it as done.',
          'If it can not or shall not be done, set it to Canceled, or a close code that says so (duplicate, user error, not solved), and say why in the close notes: Identity Manager then counts it as failed.',
          'Write no password into this ticket, its notes included.',
        ].join('\n'),
        'Reference: 393.A.00.1, workflow 81',
      ].join('\n\n'),
    });
  });

  it('shows old and new values of a change, and links added and removed by their names', () => {
    const { title, description } = describeIt(sampleOrder('modified-with-links.json'));
    expect(title).toBe('Change SAP_User_NominativeUser for 007 - Bond James');
    expect(description).toContain(
      [
        'Resource identifier: 007',
        '- lastName: Bond → Bond-Moneypenny',
        '- site: London → Paris',
        '- roles: add FI clerk, SAP_MM_VIEW',
        '- roles: remove HR viewer',
      ].join('\n'),
    );
  });

  it('shows what is to be removed', () => {
    const { title, description } = describeIt(sampleOrder('deleted.json'));
    expect(title).toBe('Remove SAP_User_NominativeUser for 007 - Bond James');
    expect(description).toContain('\n\nResource identifier: 007\n\n');
    // Only what names it: the rest is nobody's business who removes it.
    expect(description).not.toMatch(/James\n|Moneypenny|88001/);
    const more = describeIt(sampleOrder('deleted.json'), { allowed: ['lastName'] }).description;
    expect(more).toContain('Resource identifier: 007\nResource lastName: Bond-Moneypenny\n');
  });

  it.each(sampleOrders())('keeps within the fields of a ticket and says nothing secret: $name', ({ order }) => {
    const { title, description } = describeIt(order);
    expect(title.length).toBeLessThanOrEqual(160);
    expect(description.length).toBeLessThanOrEqual(4_000);
    expect(title + description).not.toMatch(/S3cr3t|canary/);
    expect(description).toContain('Reference: 393.A.00.1');
  });

  it('shows no password, wherever it stands', () => {
    const secret = 'S3cr3t!1';
    const order: ProvisioningOrder = {
      ...modified(
        {
          password: secret,
          newUnicodePwd: secret,
          login: { user: 'bond', passphrase: secret },
          accounts: [{ apiKey: secret }],
          tokens_add: [secret],
          note: `password: ${secret}`,
          text: `{"password":"${secret}"}`,
        },
        { password: secret, oldSecret: secret },
      ),
    };
    expect(describeIt(order).description).not.toContain(secret);
    expect(describeIt({ ...order, ChangeType: 'Deleted' }).description).not.toContain(secret);
    expect(describeIt(order).description).toContain('- password: (not shown: agree on it with the person');
  });

  it('shows no secret of the owner, whatever the mapping allows', () => {
    const Owner = {
      Id: '1',
      InitialPassword: 'canary-3',
      Token: 'canary-3',
      InitialPin: 'canary-3',
      Email: 'b@contoso.com',
    };
    const { description } = describeIt({ ...sampleOrder('added.json'), Owner }, { allowed: Object.keys(Owner) });
    expect(description).toContain('Email b@contoso.com');
    expect(description).not.toContain('canary-3');
  });

  it('takes apart what a ticket could mistake for markup or a template, wherever it stands', () => {
    const evil = '[code]<script>[/code] {{{x}}} \u202e\u0000 line\r\nbreak';
    const order: ProvisioningOrder = {
      ...added({ [evil]: evil, link: { DisplayName: evil }, list: [evil], object: { [evil]: evil } }),
      Owner: { Id: '1', InternalDisplayName: evil, Email: evil },
      ResourceType: { Identifier: evil, TargetEntityType: { Identifier: evil } },
      WorkflowInstanceId: evil,
    };
    const { title, description } = describeIt(order, { additionalInformation: evil });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is the point
    const harmful = /\[\/?code\]|\{\{|\}\}|[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/i;
    expect(title).not.toMatch(harmful);
    expect(title).not.toContain('\n');
    expect(description).not.toMatch(harmful);
  });

  it('indents the lines of a value, so that none can pass for a line of ours', () => {
    const { description } = describeIt(added({ comment: 'one\n- role: none\nNOTE: done' }));
    expect(description).toContain('- comment: one\n    - role: none\n    NOTE: done');
  });

  it.each([
    [null, '(empty)'],
    ['', '(empty)'],
    [false, 'false'],
    [0, '0'],
    [['a', 'b'], 'a, b'],
    [{ Label: 'London', Identifier: 'LON' }, 'London'],
    [{ Identifier: 'LON', Id: '12' }, 'LON'],
    [{ street: 'Main', no: 5 }, 'street Main, no 5'],
  ])('shows %j as %s', (value, shown) => {
    expect(describeIt(added({ attribute: value })).description).toContain(`\n- attribute: ${shown}\n`);
  });

  it.each(['constructor', 'toString', 'hasOwnProperty'])('shows no old value of %s where there is none', (name) => {
    expect(describeIt(modified({ [name]: 'new' }, {})).description).toContain(`\n- ${name}: new\n`);
  });

  it('says so where the person is no user of ServiceNow, and where nobody is named', () => {
    const { Owner: _, ...nobody } = sampleOrder('added.json');
    expect(describeIt(nobody, { caller: 'none' })).toEqual({
      title: 'Create SAP_User_NominativeUser for nobody named',
      description: expect.stringContaining('not found among the users of ServiceNow'),
    });
    expect(describeIt(nobody, { caller: 'none' }).description).toContain('so the ticket has no caller');
    expect(describeIt(nobody, { caller: 'fallback' }).description).toContain('so somebody else is the caller');
    expect(describeIt(nobody).description).not.toContain('not found');
  });

  it('asks for resolving where that counts', () => {
    expect(describeIt(sampleOrder('added.json'), { resolvedCounts: true }).description).toContain(
      'set this ticket to Closed or Resolved',
    );
  });
});

describe('describeOrder, with other tickets of the assignment', () => {
  const other = (number: string, newer: boolean): OtherTicket => ({
    number,
    url: `https://acme/${number}`,
    changeType: 'Modified',
    newer,
  });

  it('begins with the newer one, and how the two go together', () => {
    const { description } = describeIt(sampleOrder('added.json'), { otherTickets: [other('INC9', true)] });
    expect(description).toMatch(
      /^NOTE: INC9 is for a newer order of the same assignment \(Modified\) and should have the last word: https:\/\/acme\/INC9\n\n/,
    );
  });

  it('names an older one that is still open', () => {
    const { description } = describeIt(sampleOrder('added.json'), { otherTickets: [other('INC8', false)] });
    expect(description).toMatch(/^NOTE: INC8 for an older order .* settle that ticket first: https:\/\/acme\/INC8\n\n/);
  });

  it('puts newer ones before older ones', () => {
    const { description } = describeIt(sampleOrder('added.json'), {
      otherTickets: [other('INC8', false), other('INC9', true)],
    });
    expect(description).toMatch(/^NOTE: INC9 .*\n\nNOTE: INC8 /);
  });

  it('keeps the reference, however many there are', () => {
    const many = Array.from({ length: 60 }, (_, index) => other(`INC${index}`, index % 2 === 0));
    const { description } = describeIt(sampleOrder('added.json'), { otherTickets: many });
    expect(description.length).toBeLessThanOrEqual(4_000);
    expect(description).toContain('Reference: 393.A.00.1');
    expect(description).toContain('When it is done');
  });
});

describe('describeOrder, of a large order', () => {
  it('cuts whole lines and says how many are missing; the words around them stay', () => {
    const many = Object.fromEntries(Array.from({ length: 400 }, (_, index) => [`attribute${index}`, `value ${index}`]));
    const { description } = describeIt(added(many), { additionalInformation: 'x'.repeat(3_000) });
    expect(description.length).toBeLessThanOrEqual(4_000);
    const shown = description.match(/^- attribute\d+: value \d+$/gm)?.length ?? 0;
    expect(shown).toBeGreaterThan(10);
    expect(description).toContain(`\n- … and ${400 - shown} more: see the attachment\n`);
    expect(description).toContain('Reference: 393.A.00.1');
  });

  it('stays within the limits and well-formed, whatever the order says', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('😀'.repeat(3_000)), fc.constant('[code]{{\r\n'));
    fc.assert(
      fc.property(
        fc.dictionary(text, fc.oneof(fc.jsonValue(), text), { maxKeys: 30 }),
        text,
        text,
        fc.constantFrom('Added' as const, 'Modified' as const, 'Deleted' as const),
        (values, name, information, changeType) => {
          const order: ProvisioningOrder = {
            ...added(values),
            Resource: values,
            Owner: { Id: '1', InternalDisplayName: name, Email: name },
            ResourceType: { Identifier: name || 'x' },
          };
          const { title, description } = describeOrder(order, changeType, {
            ...context,
            additionalInformation: information,
          });
          expect(title.length).toBeLessThanOrEqual(160);
          expect(description.length).toBeLessThanOrEqual(4_000);
          expect((title + description).isWellFormed()).toBe(true);
          expect(description).toContain('Reference: 393.A.00.1');
        },
      ),
    );
  });
});

describe('summarizeOrder', () => {
  it('names the order on one line and shows no value', () => {
    expect(summarizeOrder(sampleOrder('with-a-password.json'))).toBe(
      'Added SAP_User_NominativeUser (assignment 3930003)',
    );
    const long = summarizeOrder({ ...sampleOrder('added.json'), ChangeType: 'x\n'.repeat(500) });
    expect(long.length).toBeLessThanOrEqual(200);
    expect(long).not.toContain('\n');
  });
});
