import { expect, it } from 'vitest';
import { makeLog } from '../../../shared/log.ts';

function recording() {
  const lines: [string, string][] = [];
  const at = (level: string) => (line: string) => void lines.push([level, line]);
  return { lines, sink: { info: at('info'), warn: at('warn'), error: at('error') } };
}

it('writes one line of JSON per event, at its level', () => {
  const { lines, sink } = recording();
  const log = makeLog(sink);
  log.info('ticket.created', { ticketKey: 'k.1', ticket: 'INC1' });
  log.warn('order.held', { reason: 'two\nlines "quoted"', attempt: 3 });
  log.error('login.refused');
  expect(lines).toEqual([
    ['info', '{"event":"ticket.created","ticketKey":"k.1","ticket":"INC1"}'],
    ['warn', '{"event":"order.held","reason":"two\\nlines \\"quoted\\"","attempt":3}'],
    ['error', '{"event":"login.refused"}'],
  ]);
});

it('puts common fields into every line, and leaves out what is not known', () => {
  const { lines, sink } = recording();
  makeLog(sink, { connection: 'Help' }).info('poll.finished', { seen: 0, ticket: undefined });
  expect(lines).toEqual([['info', '{"event":"poll.finished","connection":"Help","seen":0}']]);
});
