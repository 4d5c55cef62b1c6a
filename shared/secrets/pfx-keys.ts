import { hash, pbkdf2Sync } from 'node:crypto';

/** A password in the two spellings that PFX files use: UTF-16 with a closing zero, and UTF-8. */
export interface PfxPassword {
  readonly utf16: Buffer;
  readonly utf8: Buffer;
}

/** How a key is made of a password. */
export interface KeyRecipe {
  readonly hashName: string;
  readonly salt: Buffer;
  readonly iterations: number;
  readonly lengthInBytes: number;
}

/** The spellings a password may stand for; an empty one is written in two ways. */
export function spellingsOf(password: string): readonly PfxPassword[] {
  const utf8 = Buffer.from(password, 'utf8');
  const spelling = { utf16: Buffer.from(`${password}\0`, 'utf16le').swap16(), utf8 };
  return password === '' ? [spelling, { utf16: Buffer.alloc(0), utf8 }] : [spelling];
}

/** The key of a PBES2 part (PBKDF2, RFC 8018). */
export function pbkdf2Key(password: PfxPassword, { hashName, salt, iterations, lengthInBytes }: KeyRecipe): Buffer {
  return pbkdf2Sync(password.utf8, salt, iterations, lengthInBytes, hashName);
}

/** What a key made by PKCS#12's own rule is for. */
export const KEY_FOR = { cipher: 1, startVector: 2, mac: 3 } as const;

/** A key by PKCS#12's own rule (RFC 7292, appendix B.2). */
export function pkcs12Key(
  password: PfxPassword,
  recipe: KeyRecipe,
  id: (typeof KEY_FOR)[keyof typeof KEY_FOR],
): Buffer {
  const { hashName, salt, iterations, lengthInBytes } = recipe;
  const blockLength = hashName === 'sha384' || hashName === 'sha512' ? 128 : 64;
  const inBlocks = (bytes: Buffer) => repeat(bytes, blockLength * Math.ceil(bytes.length / blockLength));
  const diversifier = Buffer.alloc(blockLength, id);
  let input: Buffer = Buffer.concat([inBlocks(salt), inBlocks(password.utf16)]);
  let key: Buffer = Buffer.alloc(0);
  while (key.length < lengthInBytes) {
    let digest = hash(hashName, Buffer.concat([diversifier, input]), 'buffer');
    for (let iteration = 1; iteration < iterations; iteration++) digest = hash(hashName, digest, 'buffer');
    key = Buffer.concat([key, digest]);
    input = addToBlocks(input, repeat(digest, blockLength));
  }
  return key.subarray(0, lengthInBytes);
}

function repeat(bytes: Buffer, length: number): Buffer {
  return bytes.length === 0 ? bytes : Buffer.alloc(length, bytes);
}

/** Adds a number and one to every block, each a number of the same length; what runs over is dropped. */
function addToBlocks(blocks: Buffer, block: Buffer): Buffer {
  const sum = Buffer.from(blocks);
  for (let start = 0; start < sum.length; start += block.length) {
    let carry = 1;
    for (let index = block.length - 1; index >= 0; index--) {
      carry += (sum[start + index] ?? 0) + (block[index] ?? 0);
      sum[start + index] = carry & 0xff;
      carry >>= 8;
    }
  }
  return sum;
}
