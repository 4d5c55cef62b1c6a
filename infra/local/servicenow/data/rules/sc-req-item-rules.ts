import { closedState, isClosed } from './closed-state.ts';
import type { Rule } from './rule.ts';

/** Closes a requested item that is not approved. `stage` is the flow's: there is none where no flow runs. */
export const scReqItemRules: Rule = ({ previous, next }) => {
  const isRejected = next.approval === 'rejected' && previous?.approval !== 'rejected';
  const state = isRejected ? closedState.incomplete : (next.state ?? '');
  if (!next.flow_context) return { state };
  return { state, stage: stageOf(state, next.approval) };
};

function stageOf(state: string, approval: string | undefined): string {
  if (isClosed({ state })) return state === closedState.complete ? 'completed' : 'request_cancelled';
  return approval === 'requested' ? 'waiting_for_approval' : 'fulfillment';
}
