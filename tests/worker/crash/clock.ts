// A clock that can jump, under the whole Worker: whoever asks for the time is told the jumped one, and alarms are set by it. Its first
// import must come before all others.

const real = Date;
const realNow = Date.now;
let aheadMs = 0;

const now = (): number => realNow.call(real) + aheadMs;

globalThis.Date = new Proxy(real, {
  construct: (target, given, asked) =>
    Reflect.construct(target, given.length === 0 ? [now()] : given, asked === globalThis.Date ? target : asked),
  get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
});

/** From now on the clock shows so much (ms) more than the machine's. */
export function setClock(ms: number): void {
  aheadMs = ms;
}

let patched = false;

/** Alarms are told by the jumped clock, and kept by the machine's. */
export function jumpedAlarms(state: DurableObjectState): void {
  if (patched) return;
  patched = true;
  const prototype = Object.getPrototypeOf(state.storage) as DurableObjectStorage;
  const { setAlarm, getAlarm } = prototype;
  prototype.setAlarm = function (this: DurableObjectStorage, at, ...rest) {
    return setAlarm.call(this, Number(at) - aheadMs, ...rest);
  };
  prototype.getAlarm = async function (this: DurableObjectStorage, ...given) {
    const at = await getAlarm.apply(this, given);
    return at === null ? null : at + aheadMs;
  };
}
