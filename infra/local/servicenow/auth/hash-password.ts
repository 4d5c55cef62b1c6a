import { hash } from 'node:crypto';

/** The stored form of a password; what is stored otherwise (in clear text, say) never lets anyone log in. */
export function hashPassword(password: string): string {
  return `{SHA256}${hash('sha256', `servicenow:${password}`)}`;
}
