/**
 * How often the Azure clients repeat a call on their own: three times within about three seconds. A longer outage is the
 * queue's to wait out; the storage clients' own default keeps an invocation for 16 s at each call.
 * `maxTries` is the name that the storage clients read, `maxRetries` the one of all others.
 */
export const retryOptions = { maxTries: 4, maxRetries: 3, retryDelayInMs: 500, maxRetryDelayInMs: 2_000 } as const;
