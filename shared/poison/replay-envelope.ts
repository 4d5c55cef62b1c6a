import type { Envelope } from '../provisioning/envelope.ts';

/**
 * An envelope as an operator sends it again: replay n is `<DeliveryId>~r<n>`, counted from the envelope, so that sending
 * the same one twice is a repeat. It starts afresh, and an operator has judged what was `Unsure`. Pure.
 */
export function replayEnvelope(envelope: Envelope): Envelope {
  const { Reason: _reason, NotBefore: _notBefore, Unsure: _unsure, ...rest } = envelope;
  const replays = Math.max(envelope.Replay ?? 0, 0);
  const suffix = `~r${replays}`;
  const first =
    replays > 0 && envelope.DeliveryId.endsWith(suffix)
      ? envelope.DeliveryId.slice(0, -suffix.length)
      : envelope.DeliveryId;
  return { ...rest, DeliveryId: `${first}~r${replays + 1}`, Replay: replays + 1, Attempt: 0, WaitedSeconds: 0 };
}
