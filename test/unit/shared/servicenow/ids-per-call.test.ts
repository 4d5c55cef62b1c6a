import { expect, it } from 'vitest';
import { idsPerCall } from '../../../../shared/servicenow/ids-per-call.ts';
import { followedFieldsOf, TICKET_TABLES } from '../../../../shared/tickets/ticket-tables.ts';

it.each(TICKET_TABLES)(
  'an address for %s holds as many sys_ids as it may, and 10,000 tickets are read in 240 calls',
  (table) => {
    const server = 'https://contoso-identity.service-now.com/api/now/table';
    const fields = followedFieldsOf(table, ['correlation_id']);
    const count = idsPerCall(server, table, fields);
    const url = new URL(`${server}/${table}`);
    url.search = new URLSearchParams({
      sysparm_query: `sys_idIN${Array.from({ length: count }, () => 'a'.repeat(32)).join(',')}`,
      sysparm_fields: fields.join(','),
      sysparm_limit: `${count}`,
    }).toString();
    expect(decodeURIComponent(url.href).length).toBeLessThan(2_000);
    expect(Math.ceil(10_000 / count)).toBeLessThanOrEqual(240);
  },
);

it('an address that is full by itself still asks for one', () => {
  expect(idsPerCall(`https://${'a'.repeat(3_000)}`, 'incident', [])).toBe(1);
});
