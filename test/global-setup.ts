import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startAzurite } from '../infra/local/azurite.ts';
import { type Certificate, makeCertificate } from '../infra/local/certificate.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The run's one Azurite, as far as it can be sent to a worker. */
    storage: {
      certificate: Certificate;
      pid: number;
      blobUrl: string;
      queueUrl: string;
      tableUrl: string;
      accounts: string[];
      /** A file of an account's name here says that the account is taken. */
      leases: string;
    };
  }
}

/** An account costs nothing until it is used; Windows allows 32,767 characters for all of them and their keys. */
const ACCOUNTS = 900;

/** Starts one certificate and one Azurite for the whole test run, with an account for every environment of its tests. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'servicenow-ticket-connector-'));
  const certificate = await makeCertificate(directory);
  const accounts = Array.from({ length: ACCOUNTS }, (_, index) => `t${index}`);
  const azurite = await startAzurite({ certificate, accounts });
  project.provide('storage', {
    certificate,
    pid: azurite.pid,
    blobUrl: azurite.blobUrl(''),
    queueUrl: azurite.queueUrl(''),
    tableUrl: azurite.tableUrl(''),
    accounts,
    leases: directory,
  });
  return async () => {
    await azurite.close();
    await rm(directory, { recursive: true });
  };
}
