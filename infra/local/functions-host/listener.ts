/** What waits for a trigger's events. `stop` makes it take no more; `ended` resolves when what it started has ended. */
export interface Listener {
  stop(): void;
  readonly ended: Promise<void>;
}
