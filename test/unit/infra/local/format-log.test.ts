import { expect, it } from 'vitest';
import { formatLog } from '../../../../infra/local/format-log.ts';

const at = new Date('2026-01-02T03:04:05.678Z');

it('sets an event of the app as its name and its values, quoted where they need it', () => {
  const message = JSON.stringify({ event: 'ticket.created', number: 'INC0000001', durationInMs: 12, title: 'a "b"' });
  expect(formatLog({ event: 'log', functionName: 'createTicket', level: 'information', message }, at)).toBe(
    '03:04:05 information createTicket  ticket.created number=INC0000001 durationInMs=12 title="a \\"b\\""',
  );
});

it('leaves any other line as it is', () => {
  for (const message of ['Runs createTicket', '{"no":"event"}', '{broken', '[1]']) {
    expect(formatLog({ event: 'log', level: 'warning', message }, at)).toBe(
      `03:04:05 warning     host          ${message}`,
    );
  }
});
