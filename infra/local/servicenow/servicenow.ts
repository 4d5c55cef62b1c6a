import type { FaultRule } from './faults/fault-rule.ts';
import type { LoggedRequest } from './requests/logged-request.ts';

/** A simulated ServiceNow instance, from the inside. */
export interface ServiceNow {
  /** The instance's address, "http://127.0.0.1:<port>". */
  readonly url: string;
  /** The Table API's address. */
  readonly server: string;
  /** user_name of the API user. */
  readonly login: string;
  readonly password: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly oauth2Url: string;
  /** The address of the control port. */
  readonly controlUrl: string;
  /** Every request that was dealt with, in order, without secrets. */
  readonly requests: readonly LoggedRequest[];
  /** The most REST and OAuth requests that were under way at once. */
  readonly maxInFlight: number;
  /** The most failed logins in a row that an account ever had. */
  readonly mostFailedLogins: number;
  /**
   * The records of a table and of the tables that extend it, as they are stored: all of them, or what matches an encoded
   * query. A condition that makes no sense finds nothing.
   * @throws Refusal for an unknown table.
   */
  records(table: string, encodedQuery?: string): readonly Record<string, string>[];
  /**
   * Stores a new record and gives it back.
   * @param as user_name of who does it; a person at the service desk by default.
   * @throws Refusal as the Table API refuses it.
   */
  insert(table: string, values: Record<string, string>, as?: string): Record<string, string>;
  /** Changes a record, with the parameters and refusals of {@link insert}. */
  update(table: string, sysId: string, values: Record<string, string>, as?: string): Record<string, string>;
  /** Deletes a record, with the parameters and refusals of {@link insert}. */
  remove(table: string, sysId: string, as?: string): void;
  /**
   * Changes a record as a script with `setWorkflow(false)` and `autoSysFields(false)` does: no rule runs, and `sys_updated_on` and
   * `sys_mod_count` stay.
   * @throws Refusal for an unknown record.
   */
  overwrite(table: string, sysId: string, values: Record<string, string>): void;
  /** Another instance is cloned over this one: its tickets are here then, and ours are gone without a trace. */
  cloneOver(source: Pick<ServiceNow, 'records'>): void;
  /**
   * A read ACL on one record: counted in `X-Total-Count`, never returned.
   * @throws Refusal for an unknown record.
   */
  hide(table: string, sysId: string, hidden?: boolean): void;
  /** What is in an attachment; `undefined` for one that is not there. */
  attachmentContent(sysId: string): Buffer | undefined;
  /** Gives a user another password; tokens that were given out stay valid. */
  setPassword(login: string, password: string): void;
  /** Takes back every access token that was given out; refresh tokens stay. */
  revokeTokens(): void;
  /** How often in a row a login has failed up to now; a user nobody knows counts too. */
  failedLogins(login: string): number;
  /** Lets the instance misbehave until the function it returns is called. */
  addFault(rule: FaultRule): () => void;
  /**
   * Resolves with the next request that `predicate` holds for, once it is answered (or cut). Default: 10 seconds.
   * @throws Error when none has come in time, or the instance was closed.
   */
  waitForRequest(predicate: (request: LoggedRequest) => boolean, timeoutInMs?: number): Promise<LoggedRequest>;
  /** Resolves when the next request has changed a record, before its answer goes out (or does not). */
  waitForCommit(): Promise<void>;
  /** Ends both servers and cuts the connections that are left. */
  close(): Promise<void>;
}
