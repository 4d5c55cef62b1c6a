/**
 * Thrown when the instance refuses a request: carries the status and the two texts of ServiceNow's error envelope.
 * The Table API answers with it; in-process callers get it as it is.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal' as const;
  readonly status: number;
  readonly detail: string | null;

  constructor(status: number, message: string, detail: string | null) {
    super(message);
    this.status = status;
    this.detail = detail;
  }
}
