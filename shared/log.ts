/** Every event this program logs; alerts and queries are written against these names. */
export type EventName =
  | 'delivery.split'
  | 'delivery.repeated'
  | 'delivery.absorbed'
  | 'delivery.refused'
  | 'order.deferred'
  | 'order.held'
  | 'order.waiting'
  | 'order.rejected'
  | 'order.erased'
  | 'reset.deferred'
  | 'reset.held'
  | 'reset.waiting'
  | 'reset.rejected'
  | 'password.generated'
  | 'password.set'
  | 'password.unverified'
  | 'passwordResult.sent'
  | 'ticket.created'
  | 'ticket.adopted'
  | 'ticket.changedByInstance'
  | 'ticket.doubled'
  | 'ticket.unknown'
  | 'ticket.foreign'
  | 'ticket.notAttached'
  | 'ticket.notExplained'
  | 'closeCode.unknown'
  | 'caller.notFound'
  | 'reference.notFound'
  | 'result.sent'
  | 'ticket.keyChanged'
  | 'ticket.hidden'
  | 'ticket.deleted'
  | 'ticket.expired'
  | 'ticket.kept'
  | 'ticket.unfinished'
  | 'reconcile.finished'
  | 'reconcile.failed'
  | 'poll.finished'
  | 'export.finished'
  | 'export.paused'
  | 'export.incomplete'
  | 'export.deletionsHeld'
  | 'export.warning'
  | 'export.failed'
  | 'poll.failed'
  | 'login.refused'
  | 'login.restored'
  | 'settings.read'
  | 'settings.stale'
  | 'settings.warning'
  | 'secret.expiring'
  | 'ledger.unwritten'
  | 'host.paused'
  | 'host.resumed'
  | 'hold.placed'
  | 'hold.ended'
  | 'limits.unwritten'
  | 'poison.found'
  | 'queue.watched'
  | 'orders.waiting'
  | 'resets.waiting';

/** The values an event may carry: plain facts, never bodies, settings or secrets. */
export type EventFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where log lines go: the invocation's own context in a host, a list in a test. */
export interface Log {
  info(event: EventName, fields?: EventFields): void;
  warn(event: EventName, fields?: EventFields): void;
  error(event: EventName, fields?: EventFields): void;
}

/** The three methods of a host's invocation context that log lines go through. */
export interface LogSink {
  info(line: string): void;
  warn(line: string): void;
  error(line: string): void;
}

/** A log that writes one JSON line per event to `sink`, with `fields` in every line. */
export function makeLog(sink: LogSink, common: EventFields = {}): Log {
  const line = (event: EventName, fields?: EventFields) => JSON.stringify({ event, ...common, ...fields });
  return {
    info: (event, fields) => sink.info(line(event, fields)),
    warn: (event, fields) => sink.warn(line(event, fields)),
    error: (event, fields) => sink.error(line(event, fields)),
  };
}
