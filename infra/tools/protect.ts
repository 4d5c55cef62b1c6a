import { protectValue } from '../../shared/secrets/protected-value.ts';
import { endCommand } from './end-command.ts';
import { readProtectCertificate } from './protect-certificate.ts';
import { ProtectFault } from './protect-fault.ts';
import { protectFile } from './protect-file.ts';
import { makeLines } from './protect-lines.ts';
import { readOptions, USAGE } from './protect-options.ts';
import { protectValues } from './protect-values.ts';

/*
 * `npm run protect`: encrypts values for the certificate of the encrypted settings file. Nothing but encrypted values
 * goes to standard output; questions, warnings and faults go to standard error and hold no value.
 */
await endCommand(await main(process.argv.slice(2)));

async function main(args: readonly string[]): Promise<number> {
  try {
    const options = readOptions(args);
    if (options.kind === 'help') {
      process.stdout.write(USAGE);
      return 0;
    }
    const lines = makeLines();
    try {
      const certificate = await readProtectCertificate(options, lines, warn);
      const protect = (value: string) => protectValue(value, certificate);
      if (options.kind === 'file') await protectFile(options, protect, warn);
      else process.stdout.write(await protectValues(options, lines, protect));
    } finally {
      lines.close();
    }
    return 0;
  } catch (error) {
    if (!(error instanceof ProtectFault)) throw error;
    process.stderr.write(`${error.message.trimEnd()}\n`);
    return error.kind === 'usage' ? 2 : 1;
  }
}

function warn(message: string): void {
  process.stderr.write(`Warning: ${message}\n`);
}
