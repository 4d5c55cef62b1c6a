import type { CheckResult, CheckStatus } from '../../shared/doctor/check-result.ts';

const WORDS: Readonly<Record<CheckStatus, string>> = {
  ok: 'ok',
  warning: 'warning',
  failed: 'FAILED',
  notProven: 'not proven',
  skipped: 'skipped',
};
const ORDER: readonly CheckStatus[] = ['failed', 'warning', 'notProven', 'skipped', 'ok'];
const STATUS_WIDTH = 12;
const NAME_WIDTH = 20;
const INDENT = ' '.repeat(2 + STATUS_WIDTH + NAME_WIDTH + 1);

/** One result as a line, its remedy below it. */
export function formatResult({ name, status, message, remedy }: CheckResult): string {
  const line = `  ${WORDS[status].padEnd(STATUS_WIDTH)}${oneLine(name).padEnd(NAME_WIDTH)} ${oneLine(message)}`;
  return remedy === undefined || status === 'ok' ? line : `${line}\n${INDENT}→ ${oneLine(remedy)}`;
}

/** What stands above the results of one connection, above those before all connections and those after. */
export function headingOf({ name, connection }: CheckResult): string {
  if (connection !== undefined) return `\nConnection ${oneLine(connection)}`;
  return name === 'mappings' || name === 'exports' ? '\nMappings' : '\nThe app and what is around it';
}

/** All results in one sentence, and who made them. */
export function formatSummary(results: readonly CheckResult[], identity: string): string {
  const count = (status: CheckStatus) => results.filter((result) => result.status === status).length;
  const parts = ORDER.filter((status) => count(status) > 0).map((status) => `${count(status)} ${WORDS[status]}`);
  const verdict = count('failed') > 0 ? 'Something has to be put right' : 'Nothing failed';
  return `\n${verdict}: ${parts.join(', ').toLowerCase()}.\nRan as ${oneLine(identity)}.`;
}

/** Names and messages may come from files and answers: nothing in them may steer a terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]+/gu, ' ');
}
