/**
 * The waits of a run. All are shortened alike and keep what holds between them in production: a ticket that comes into
 * being late does so within the unclear wait, and a claim outlasts time-out, unclear wait and the steps before the send.
 */
export const TIMES = {
  requestTimeoutInMs: 2_000,
  unclearWaitInMs: 2_000,
} as const;

/** App settings of every host of a run. */
export const HOST_SETTINGS = {
  REQUEST_TIMEOUT_SECONDS: String(TIMES.requestTimeoutInMs / 1000),
  UNCLEAR_WAIT_SECONDS: String(TIMES.unclearWaitInMs / 1000),
  CLAIM_MARGIN_SECONDS: '4',
  HOLD_SECONDS: '2',
  PERMIT_WAIT_SECONDS: '5',
  // What a late ticket is made by is still at work until then, and has its password checked.
  PERMIT_LINGER_SECONDS: '2',
  DEFERRAL_FIRST_SECONDS: '0.5',
  DEFERRAL_LONGEST_SECONDS: '3',
  SETTINGS_MAX_AGE_SECONDS: '10',
  LIMITS_MAX_AGE_SECONDS: '1',
  // Longer than any transaction of the simulator, a late one included.
  POLL_OVERLAP_SECONDS: '15',
  // The run polls, reconciles and watches by itself.
  POLL_SCHEDULE: '0 0 0 1 1 *',
  RECONCILE_SCHEDULE: '0 0 0 1 1 *',
  RECONCILE_AFTER_SECONDS: '0.001',
  WATCH_SCHEDULE: '0 0 0 1 1 *',
  AzureFunctionsJobHost__extensions__queues__maxPollingInterval: '00:00:00.500',
  AzureFunctionsJobHost__extensions__queues__visibilityTimeout: '00:00:01',
} as const;

/** What a killed host was at shows again after this. */
export const HOST_TIMES = { receiveVisibilityInMs: 8_000, renewEveryInMs: 3_000, minPollInMs: 100 } as const;
