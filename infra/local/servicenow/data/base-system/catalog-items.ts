import type { Row } from '../row.ts';
import type { Role } from './roles.ts';

interface CatalogItem {
  readonly item: { readonly name: string; readonly roles: Role } & Row;
  /** The name of the group that fulfils it. */
  readonly group: string;
  /** In the order in which they are asked. */
  readonly variables: readonly ({ readonly name: string } & Row)[];
}

const correlation = { name: 'correlation', question_text: 'Reference of the ordering system', type: '6' };
const details = { name: 'details', question_text: 'What is to be done', type: '2' };

/** What can be ordered: one item whose task is there at once, and one that has to be approved first. */
export const catalogItems: readonly CatalogItem[] = [
  {
    item: {
      name: 'Access Request',
      short_description: 'Ask for access to an application',
      roles: 'sn_request_write',
      order: '100',
    },
    group: 'Identity and Access',
    variables: [
      correlation,
      details,
      { name: 'account', question_text: 'Account that gets the access', type: '6', mandatory: 'true' },
    ],
  },
  {
    item: {
      name: 'Standard Laptop',
      short_description: 'A laptop for daily work',
      roles: 'sn_request_write',
      order: '200',
      u_needs_approval: 'true',
    },
    group: 'Service Desk',
    variables: [correlation, details],
  },
];
