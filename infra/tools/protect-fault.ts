/** Why nothing was encrypted, as a sentence without any value; wrong usage ends the command with 2, bad input with 1. */
export class ProtectFault extends Error {
  override readonly name = 'ProtectFault' as const;
  readonly kind: 'usage' | 'input';

  constructor(kind: 'usage' | 'input', message: string) {
    super(message);
    this.kind = kind;
  }
}
