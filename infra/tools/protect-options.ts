import { parseArgs } from 'node:util';
import { ProtectFault } from './protect-fault.ts';

/** What `npm run protect` is asked to do. */
type ProtectOptions =
  | { readonly kind: 'help' }
  | (CertificateOptions & { readonly kind: 'values'; readonly names: readonly string[]; readonly json: boolean })
  | (CertificateOptions & {
      readonly kind: 'file';
      readonly file: string;
      readonly out: string;
      readonly force: boolean;
    });

/** Which certificate to encrypt for. */
export interface CertificateOptions {
  /** A file; without it, the certificate that the app is configured with. */
  readonly certificate: string | undefined;
  readonly passwordFromStdin: boolean;
}

/** The environment variable with the password of a PFX file. */
export const PASSWORD_VARIABLE = 'PROTECT_CERTIFICATE_PASSWORD';

/** What `--help` prints. */
export const USAGE = `Encrypts values for appsettings.encrypted.agent.json, for whoever holds the private key of a certificate.

  npm run -s protect -- --values [<name> …] [--json] [--certificate <file>]
  npm run -s protect -- --file <in.json> --out <out.json> [--force] [--certificate <file>]

  --values               Reads one value per line from standard input, one for each name in their order, and prints
                         each name, a tab and the encrypted value. Without names every line is a value. On a terminal
                         it asks for them and does not show what is typed. No value ever stands on the command line.
  --json                 Prints one line of JSON: an object by name, or a list without names.
  --file, --out          Encrypts every value of a JSON file into a new file; comments are left out.
  --force                Replaces the file of --out if there is one.
  --certificate          A PEM, DER or PFX file; the public part is enough. Without it, values are encrypted for the
                         certificate that section EncryptionCertificate of appsettings.json names, found as the app
                         finds it: in the environment of these app settings, else in the one of \`npm start\`.
  --password-from-stdin  The first line of standard input is the PFX file's password. The environment variable
                         ${PASSWORD_VARIABLE} does the same.
  --help                 Prints this.

Ends with 0 when everything is encrypted, 1 for input that can't be, 2 for wrong usage.
`;

/** Nothing that was given is repeated, for it may be a value in the wrong place. @throws ProtectFault for wrong usage. */
export function readOptions(args: readonly string[]): ProtectOptions {
  const { values: given, positionals: names } = parsed(args);
  if (given.help) return { kind: 'help' };
  if (given.values === (given.file !== undefined)) throw usage('Expected either --values or --file');
  if (given.certificate === undefined && given['password-from-stdin']) {
    throw usage('Expected --password-from-stdin with --certificate only');
  }
  const certificate = {
    certificate: given.certificate,
    passwordFromStdin: given['password-from-stdin'],
  };
  if (given.file === undefined) {
    if (given.out !== undefined || given.force) throw usage('Expected --out and --force with --file only');
    return { ...certificate, kind: 'values', names: checkNames(names), json: given.json };
  }
  if (names.length > 0 || given.json) throw usage('Expected names and --json with --values only');
  if (given.out === undefined) throw usage('Expected --out <file> beside --file, got none');
  return { ...certificate, kind: 'file', file: given.file, out: given.out, force: given.force };
}

function parsed(args: readonly string[]) {
  const flag = { type: 'boolean', default: false } as const;
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        values: flag,
        json: flag,
        file: text,
        out: text,
        force: flag,
        certificate: text,
        'password-from-stdin': flag,
        help: { ...flag, short: 'h' },
      },
    });
  } catch {
    throw usage('Expected the options below only, each with what it needs');
  }
}

function checkNames(names: readonly string[]): readonly string[] {
  if (!names.every((name) => /^[^\s=\p{C}]{1,200}$/u.test(name))) {
    throw usage(
      'Expected names after --values, without spaces and `=`: the values themselves are read from standard input',
    );
  }
  if (new Set(names).size < names.length) throw usage('Expected every name once after --values');
  return names;
}

function usage(message: string): ProtectFault {
  return new ProtectFault('usage', `${message}.\n\n${USAGE}`);
}
