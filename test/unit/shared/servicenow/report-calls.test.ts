import { expect, it } from 'vitest';
import type { CallOutcome } from '../../../../shared/limits/circuits.ts';
import { reportCalls } from '../../../../shared/servicenow/report-calls.ts';

const DATE = 'Thu, 26 Nov 2026 10:00:00 GMT';
const IN_90_S = String(Date.parse(DATE) / 1000 + 90);
const REQUEST = { method: 'GET', url: 'https://x.service-now.com:8443/api/now/table/incident' } as const;

it.each([
  ['an answer', 200, {}, { kind: 'answered' }],
  ['a refusal', 403, {}, { kind: 'answered' }],
  ['an answer that counts requests', 200, { 'x-ratelimit-reset': IN_90_S }, { kind: 'answered' }],
  ['a full hour', 429, { 'retry-after': '40' }, { kind: 'askedToWait', forInMs: 40_000 }],
  ['a full hour that names its end', 429, { 'x-ratelimit-reset': IN_90_S }, { kind: 'askedToWait', forInMs: 90_000 }],
  ['a full hour without a word', 429, {}, { kind: 'answered' }],
  ['maintenance until a time', 503, { 'retry-after': '600' }, { kind: 'askedToWait', forInMs: 600_000 }],
  ['maintenance', 503, {}, { kind: 'failed' }],
  ['maintenance under a rule', 503, { 'x-ratelimit-reset': IN_90_S }, { kind: 'failed' }],
  ['a failure', 500, { 'retry-after': '40' }, { kind: 'failed' }],
] as const)('%s (%i) is told of by its host, and given on', async (_, status, headers, outcome) => {
  const told: [string, CallOutcome][] = [];
  const answer = { status, headers: { date: DATE, ...headers }, body: '' };
  const http = reportCalls(
    async () => answer,
    async (...report) => void told.push(report),
  );
  expect(await http(REQUEST)).toBe(answer);
  expect(told).toEqual([['x.service-now.com:8443', outcome]]);
});

it('no answer is told of as a failure, and thrown on', async () => {
  const told: CallOutcome[] = [];
  const http = reportCalls(
    () => Promise.reject(new Error('ECONNRESET')),
    async (_host, outcome) => void told.push(outcome),
  );
  await expect(http(REQUEST)).rejects.toThrow('ECONNRESET');
  expect(told).toEqual([{ kind: 'failed' }]);
});
