import type { TimerHandler } from '@azure/functions';
import type { WatchQueues } from '../shared/poison/watch-queues.ts';
import { inInvocation } from './invocation-log.ts';

/** `watchQueues`: nothing in poison expires, and the log says how long queues are and how long orders wait. */
export function makeWatchQueuesHandler(watch: WatchQueues): TimerHandler {
  return (_timer, context) => inInvocation(context, watch);
}
