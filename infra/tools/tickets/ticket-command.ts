import type { Tools } from '../open-tools.ts';

/** One of the commands that see and steer tickets. */
export interface TicketCommand {
  /** Whether it may call ServiceNow; then its permits have to go back before it ends. */
  readonly usesServiceNow?: true;
  /** Its lines in the usage text. */
  readonly usage: string;
  /**
   * What to do by these arguments, those after the command's own name; nothing where they make no sense, and then the usage is shown.
   *
   * @throws whatever `parseArgs` says of an unknown option.
   */
  read(args: readonly string[]): TicketWork | undefined;
}

/** Does it and gives the exit code: 0 all done, 1 something not. */
export type TicketWork = (tools: Tools, terminal: Terminal) => Promise<number>;

/** Where a command writes. */
export interface Terminal {
  /** What was asked for. */
  print(text: string): void;
  /** What somebody should know beside it. */
  complain(text: string): void;
}
