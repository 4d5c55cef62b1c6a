/*
 * Preloaded by `node --import`: the wall clock of the process goes wrong by SKEW_SECONDS, as that of a machine whose time
 * service has failed. Durations (`performance.now`, timers) stay what they are.
 */
const skewInMs = Number(process.env.SKEW_SECONDS) * 1000;
const TrueDate = Date;
const now = () => TrueDate.now() + skewInMs;

globalThis.Date = new Proxy(TrueDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length > 0 ? args : [now()], newTarget),
  get: (target, member) => (member === 'now' ? now : Reflect.get(target, member)),
});
