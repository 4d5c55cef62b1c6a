import { describe, expect, it } from 'vitest';
import type { FaultRule } from '../../../../infra/local/servicenow/start-servicenow.ts';
import { counter } from './counter.ts';
import { everythingIn } from './everything-in.ts';
import { failureOf } from './failure-of.ts';
import { startClient } from './start-client.ts';

type Action = FaultRule['action'];
type Meaning = readonly [status: number | undefined, execution: string, failureClass: string];

const json = { 'Content-Type': 'application/json;charset=UTF-8' };
const refusal = (status: number, message: string, detail: string | null = null): Action => ({
  status,
  body: { error: { message, detail }, status: 'failure' },
});

const notCarriedOut: readonly (readonly [string, Action, Meaning])[] = [
  ['a reset before the row is written', { cut: true }, [undefined, 'unknown', 'transient']],
  ['no answer in time', { hang: true }, [undefined, 'unknown', 'transient']],
  ['202, dropped', { status: 202 }, [202, 'unknown', 'transient']],
  ['202 with a result all the same', { status: 202, body: { result: { sys_id: 'x' } } }, [202, 'unknown', 'transient']],
  ['a redirect', { status: 302, headers: { Location: '/login.do' } }, [302, 'unknown', 'transient']],
  ['a redirect in JSON', { status: 307, headers: { ...json, Location: '/' } }, [307, 'unknown', 'transient']],
  ['a hibernating instance', { body: 'hibernation' }, [200, 'unknown', 'transient']],
  ['maintenance', { body: 'maintenance' }, [503, 'unknown', 'transient']],
  ['a bad gateway', { status: 502 }, [502, 'unknown', 'transient']],
  ['a gateway without a server', { status: 503 }, [503, 'unknown', 'transient']],
  ['a gateway whose server is slow', { status: 504 }, [504, 'unknown', 'transient']],
  ["503 in the instance's words", refusal(503, 'Service unavailable'), [503, 'unknown', 'transient']],
  ['an internal error', { status: 500 }, [500, 'ended', 'transient']],
  ['an internal error in HTML', { status: 500, body: '<h1>500</h1>' }, [500, 'unknown', 'transient']],
  ['an error in a 200', { body: { result: [], error: { message: 'x' } } }, [200, 'unknown', 'transient']],
  ['an error without words in a 200', { body: { result: {}, error: null } }, [200, 'unknown', 'transient']],
  ['failure in a 200', { body: { result: {}, status: 'failure' } }, [200, 'unknown', 'transient']],
  ['a 200 without a result', { body: {} }, [200, 'unknown', 'transient']],
  ['null in a 200', { body: 'null' }, [200, 'unknown', 'transient']],
  ['a list where one record belongs', { body: { result: [] } }, [undefined, 'unknown', 'transient']],
  ['a record without sys_id', { body: { result: { number: 'INC1' } } }, [undefined, 'unknown', 'transient']],
  [
    'JSON that is said to be text',
    { status: 201, headers: { 'Content-Type': 'text/plain' }, body: '{"result":{}}' },
    [201, 'unknown', 'transient'],
  ],
  ['a table that is not there', refusal(400, 'Invalid table u_x', 'Table u_x does not exist'), [400, 'ended', 'hold']],
  ['an address that is none', refusal(400, 'Requested URI does not represent any resource'), [400, 'ended', 'hold']],
  ['a body that is refused', refusal(400, 'Exception while reading request'), [400, 'ended', 'permanent']],
  ['404', { status: 404 }, [404, 'ended', 'hold']],
  ['403 by an ACL', { status: 403 }, [403, 'ended', 'hold']],
  ['403 for the account', refusal(403, 'Insufficient rights to query records'), [403, 'ended', 'hold']],
  ['403 for the API', refusal(403, 'User Not Authorized', 'Failed API level ACL Validation'), [403, 'ended', 'hold']],
  [
    '403 by a business rule',
    refusal(403, 'Operation Failed', "Operation against file 'incident' was aborted by Business Rule 'No^1'"),
    [403, 'ended', 'permanent'],
  ],
  [
    '403 by a data policy',
    refusal(403, 'Operation Failed', 'Data Policy Exception: The following fields are mandatory: Location'),
    [403, 'ended', 'permanent'],
  ],
  ['403 by something before the instance', { status: 403, body: '<h1>Forbidden</h1>' }, [403, 'unknown', 'hold']],
];

const carriedOut: readonly (readonly [string, Action, Meaning])[] = [
  ['a reset after the row was written', { cut: true }, [undefined, 'unknown', 'transient']],
  ['silence after the row was written', { hang: true }, [undefined, 'unknown', 'transient']],
  ['500 after the row was written', { status: 500 }, [500, 'ended', 'transient']],
  [
    '403 after the row was written',
    refusal(403, 'Operation Failed', "Operation against file 'incident' was aborted by Business Rule 'Late^1'"),
    [403, 'ended', 'permanent'],
  ],
  ['504 after the row was written', { status: 504 }, [504, 'unknown', 'transient']],
  ['JSON that an error breaks off', { body: 'broken-json' }, [200, 'unknown', 'transient']],
  ['an answer without a body', { body: 'empty' }, [201, 'unknown', 'transient']],
];

describe.each([
  { phase: 'before' as const, cases: notCarriedOut, stored: 0 },
  { phase: 'after' as const, cases: carriedOut, stored: 1 },
])('a POST that fails $phase it is carried out', ({ phase, cases, stored }) => {
  it.concurrent.each(cases)(
    '%s: is sent once, asked for once, and says what may have happened',
    async (_name, action, [status, execution, failureClass]) => {
      await using started = await startClient({ requestTimeoutInMs: action.hang ? 300 : 10_000 });
      const { simulator, sends, log } = started;
      simulator.addFault({ action, phase, match: { method: 'POST', table: 'incident' } });
      const asked = counter();
      const error = await failureOf(started.post(asked.count));
      expect([error.status, error.execution, error.failure.class]).toEqual([status, execution, failureClass]);
      expect([sends.length, asked.times(), simulator.records('incident').length]).toEqual([1, 1, stored]);
      const seen = everythingIn([error, log.events]);
      for (const secret of started.secrets()) expect(seen).not.toContain(secret);
      expect(started.secrets().length).toBeGreaterThanOrEqual(2);
    },
  );
});

describe('a refusal', () => {
  it("carries the instance's own words, and no more than 500 characters of them", async () => {
    await using started = await startClient();
    const { simulator } = started;
    simulator.addFault({ times: 1, action: refusal(403, 'Operation Failed', 'Data Policy Exception: Location') });
    const short = await failureOf(started.post());
    expect(short.message).toBe(
      'ServiceNow (connection "Tickets") answered 403: Operation Failed: Data Policy Exception: Location',
    );
    simulator.addFault({ action: refusal(400, 'x'.repeat(10_000)) });
    const long = await failureOf(started.post());
    expect(long.message.length).toBeLessThan(600);
  });

  it('names the connection that waits, where it is not about the record', async () => {
    await using started = await startClient();
    started.simulator.addFault({ action: refusal(403, 'Insufficient rights to query records') });
    const failure = { class: 'hold', scope: 'connection Tickets', found: 'accountRefused' };
    expect((await failureOf(started.get())).failure).toEqual(failure);
  });

  it('asks to wait as long as the server says, whether seconds or a date', async () => {
    await using started = await startClient({
      simulator: { now: () => new Date('2026-11-23T10:00:00Z') },
    });
    const waitAfter = async (status: number, headers: Record<string, string>) => {
      const remove = started.simulator.addFault({ action: { status, headers } });
      const { failure } = await failureOf(started.get());
      remove();
      return 'retryAfterInSeconds' in failure ? failure.retryAfterInSeconds : undefined;
    };
    expect(await waitAfter(503, { 'Retry-After': '120' })).toBe(120);
    expect(await waitAfter(503, { 'Retry-After': 'Mon, 23 Nov 2026 10:02:00 GMT' })).toBe(120);
    expect(await waitAfter(429, { 'X-RateLimit-Reset': String(Date.parse('2026-11-23T10:30:00Z') / 1000) })).toBe(1800);
    expect(await waitAfter(503, { 'Retry-After': 'soon' })).toBeUndefined();
    expect(await waitAfter(500, {})).toBeUndefined();
  });
});
