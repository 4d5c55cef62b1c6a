import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { inject } from 'vitest';
import type { Azurite } from '../infra/local/azurite.ts';
import type { Certificate } from '../infra/local/certificate.ts';

/** The run's certificate, for servers on the loopback: trusted as that of the run's Azurite is. */
export function runCertificate(): Certificate {
  return inject('storage').certificate;
}

/**
 * Gives an account of the run's Azurite that no other test of any worker has or had: it is empty.
 * Its addresses without an argument are that account's; closing it does nothing, for the process serves the whole run.
 */
export function leaseAccount(): { certificate: Certificate; azurite: Azurite } {
  const { certificate, pid, blobUrl, queueUrl, tableUrl, accounts, leases } = inject('storage');
  const leased = accounts.find((account) => take(join(leases, account)));
  if (leased === undefined) {
    throw new Error(
      `Expected a free storage account, but all ${accounts.length} of this run are taken; start a new run.`,
    );
  }
  return {
    certificate,
    azurite: {
      pid,
      blobUrl: (account = leased) => blobUrl + account,
      queueUrl: (account = leased) => queueUrl + account,
      tableUrl: (account = leased) => tableUrl + account,
      close: async () => {},
    },
  };
}

/** Only one of any number of processes creates the file. */
function take(file: string): boolean {
  try {
    closeSync(openSync(file, 'wx'));
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}
