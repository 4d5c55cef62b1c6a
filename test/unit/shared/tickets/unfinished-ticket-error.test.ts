import { describe, expect, it } from 'vitest';
import { type Failure, HoldError, PermanentError, UnavailableError } from '../../../../shared/errors.ts';
import { type Execution, ServiceNowError } from '../../../../shared/servicenow/servicenow-error.ts';
import { UnfinishedTicketError } from '../../../../shared/tickets/unfinished-ticket-error.ts';

const accountRefused: Failure = { class: 'hold', scope: 'connection Help', found: 'accountRefused' };
const refused = (failure: Failure, execution: Execution, status: number) =>
  new ServiceNowError('no', { failure, execution, status });
const HELD_ALL = { class: 'hold', scope: 'resource type SAP_User', found: 'unfinished' };
const HELD_ALONE = { class: 'hold', scope: 'order k.1' };
const TRANSIENT = { class: 'transient' };

describe('a request that is not whole', () => {
  it.each<[what: string, cause: unknown, isNew: object, begunEarlier: object]>([
    ['a rule refused it', refused({ class: 'permanent' }, 'ended', 403), HELD_ALL, HELD_ALONE],
    ['the account may not do it', refused(accountRefused, 'ended', 403), HELD_ALL, HELD_ALONE],
    ['the record is not there for the account', refused(accountRefused, 'ended', 404), HELD_ALL, HELD_ALONE],
    ['what was made is hidden', new HoldError('order k.1', 'hidden'), HELD_ALL, HELD_ALONE],
    ['something of the order is wrong', new PermanentError('no'), HELD_ALL, HELD_ALONE],
    ['nobody foresaw it', new TypeError('a bug'), HELD_ALL, HELD_ALONE],
    ['the account is refused altogether', refused(accountRefused, 'none', 401), accountRefused, accountRefused],
    ['a gateway refuses it', refused(accountRefused, 'unknown', 403), accountRefused, accountRefused],
    ['the instance is unwell', refused({ class: 'transient' }, 'unknown', 503), TRANSIENT, TRANSIENT],
    ['storage is unwell', new UnavailableError('no'), TRANSIENT, TRANSIENT],
  ])('because %s: what holds depends on who began it', (_what, cause, isNew, begunEarlier) => {
    const failureOf = (fresh: boolean) =>
      new UnfinishedTicketError(
        { sysId: 'r1', number: 'REQ1' },
        { key: 'k.1', resourceType: 'SAP_User', isNew: fresh },
        cause,
      ).failure;
    expect([failureOf(true), failureOf(false)]).toEqual([isNew, begunEarlier]);
  });
});
