import { closeItem } from './close-item.ts';
import { closeRequest } from './close-request.ts';
import { continueRequest } from './continue-request.ts';
import { followRequest } from './follow-request.ts';
import type { FollowUp } from './follow-up.ts';

/** What follows from a write, by the class of the record. */
export const followUpsByTable: ReadonlyMap<string, readonly FollowUp[]> = new Map([
  ['sc_task', [closeItem]],
  ['sc_req_item', [closeRequest, continueRequest]],
  ['sc_request', [followRequest]],
]);
