// The pure rules and the settings, without a room.
import { ERROR_CODE, KIND, LIMIT, RESET_REASON, WELCOME_OUTCOME } from "@ferrule/core";
import { expect, it } from "vitest";
import { ERRORS } from "../../platform";
import {
  type ChangeIntent,
  mayConfigure,
  opening,
  type PinIntent,
  pinVerdictOf,
  REFUSAL,
  refusalOf,
  type Verdict,
  verdictOf,
} from "../room";
import { roomSettings } from "../settings";

const epoch = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const other = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 9);
const none = new Uint8Array(8);
const log = { epoch, headSeq: 20, oldestSeq: 5 };

it.each([
  ["fresh", none, 0, WELCOME_OUTCOME.FRESH, 0, 20],
  ["at head", epoch, 20, WELCOME_OUTCOME.RECOVERED, 0, 20],
  ["ten behind, the most", epoch, 10, WELCOME_OUTCOME.RECOVERED, 0, 10],
  ["eleven behind", epoch, 9, WELCOME_OUTCOME.RESET, RESET_REASON.TOO_FAR, 20],
  ["the last that is not trimmed, but too far", epoch, 4, WELCOME_OUTCOME.RESET, RESET_REASON.TOO_FAR, 20],
  ["trimmed, though too far as well", epoch, 3, WELCOME_OUTCOME.RESET, RESET_REASON.TRIMMED, 20],
  ["ahead", epoch, 21, WELCOME_OUTCOME.RESET, RESET_REASON.AHEAD, 20],
  ["ahead in another epoch", other, 21, WELCOME_OUTCOME.RESET, RESET_REASON.EPOCH_CHANGED, 20],
])("R09 R12 R13 R14 R15 opening: %s", (_name, known, lastSeq, outcome, reset, startSeq) => {
  expect(opening({ epoch: known, lastSeq }, log, 10)).toEqual({ outcome, reset, startSeq });
});

it("R09 an empty room: fresh starts at 0, and 0 is recovered", () => {
  const empty = { epoch, headSeq: 0, oldestSeq: 1 };
  expect(opening({ epoch: none, lastSeq: 0 }, empty, 10)).toMatchObject({
    outcome: WELCOME_OUTCOME.FRESH,
    startSeq: 0,
  });
  expect(opening({ epoch, lastSeq: 0 }, empty, 10)).toMatchObject({ outcome: WELCOME_OUTCOME.RECOVERED, startSeq: 0 });
});

it("R17 a closed room comes before a target that is none, and a target is asked for only when there is one", () => {
  const said = { role: "member", now: 0, saidAfter: never } as const;
  const open = { ...said, config: { closed: false, slowModeMs: 0 } };
  const target = (seq: number) => (seq > 4 ? undefined : { erased: seq === 4 });
  const closed = { ...said, config: { closed: true, slowModeMs: 1 } };
  expect(refusalOf({ ...closed, replyTo: 9, target })).toEqual({ code: "room_closed", retryAfterMs: 0 });
  expect(refusalOf({ ...open, replyTo: 9, target })).toEqual({ code: "not_found", retryAfterMs: 0 });
  expect(refusalOf({ ...open, replyTo: 4, target })).toEqual({ code: "not_found", retryAfterMs: 0 });
  expect(refusalOf({ ...open, replyTo: 3, target })).toBeNull();
  expect(refusalOf({ ...open, replyTo: 0, target: never })).toBeNull();
});

const EVERY_KIND = [KIND.EDIT, KIND.DELETE, KIND.REACT, KIND.UNREACT] as const;
const named = (verdict: Verdict) => (typeof verdict === "string" ? verdict : verdict.code);
const never = (): never => {
  throw new Error("asked");
};

it("R29 R32 checks of a change come in the order of the protocol, each before all that follow it", () => {
  const others = { ref: 2, ts: 900, erased: true };
  const all: ChangeIntent = {
    ...{ kind: KIND.REACT, config: { closed: true, editWindowMs: 50 }, role: "member", ref: 1, now: 1_000 },
    ...{ target: undefined, isHeir: () => false, hasReacted: () => true, isOneTooMany: () => true },
  };
  // every fault at once, then one less at each step
  const verdicts = (kind: (typeof EVERY_KIND)[number]) => {
    const open = { ...all, kind, config: { closed: false, editWindowMs: 50 } };
    const there = { ...open, target: others };
    const own = { ...there, target: { ...others, ref: 1, ts: 950 } };
    const standing = { ...own, target: { ...own.target, erased: false } };
    const fresh = { ...standing, hasReacted: () => kind !== KIND.REACT };
    return [{ ...all, kind }, open, there, own, standing, fresh, { ...fresh, isOneTooMany: () => false }]
      .map(verdictOf)
      .map(named);
  };
  expect(verdicts(KIND.EDIT)).toEqual([
    ...["room_closed", "not_found", "forbidden", "not_found", "change", "change", "change"],
  ]);
  expect(verdicts(KIND.DELETE)).toEqual([
    ...["room_closed", "not_found", "forbidden", "no_change", "change", "change", "change"],
  ]);
  expect(verdicts(KIND.REACT)).toEqual([
    ...["room_closed", "not_found", "not_found", "not_found", "no_change", "too_large", "change"],
  ]);
  expect(verdicts(KIND.UNREACT)).toEqual([
    ...["room_closed", "not_found", "not_found", "not_found", "change", "change", "change"],
  ]);
});

it("R29 the right to a change: an edit within its time for the author or heir, a DELETE for moderators as well", () => {
  const verdict = (rest: Partial<ChangeIntent>) =>
    named(
      verdictOf({
        ...{ kind: KIND.EDIT, config: { closed: false, editWindowMs: 0 }, role: "member", ref: 1, now: 1_000 },
        ...{ target: { ref: 2, ts: 0, erased: false }, isHeir: () => false, hasReacted: never, isOneTooMany: never },
        ...rest,
      }),
    );
  const own = { target: { ref: 1, ts: 400, erased: false }, isHeir: never };
  for (const role of ["member", "moderator", "owner"] as const) {
    expect(verdict({ role })).toBe("forbidden");
    expect(verdict({ role, ...own })).toBe("change");
    expect(verdict({ role, kind: KIND.DELETE })).toBe(role === "member" ? "forbidden" : "change");
    expect(verdict({ role, kind: KIND.DELETE, ...own })).toBe("change");
  }
  const within = (editWindowMs: number) => ({ config: { closed: false, editWindowMs } });
  expect(verdict({ ...own, ...within(600) })).toBe("change");
  expect(verdict({ ...own, ...within(599) })).toBe("forbidden");
  expect(verdict({ ...own, ...within(599), kind: KIND.DELETE })).toBe("change");
  const heir = { isHeir: (author: number) => author === 2 };
  expect([verdict(heir), verdict({ ...heir, kind: KIND.DELETE })]).toEqual(["change", "change"]);
});

it("pins are for moderators, of messages that stand, and only so many", () => {
  const verdict = (rest: Partial<PinIntent>) =>
    named(
      pinVerdictOf({
        ...{ on: true, config: { closed: false }, role: "moderator" as const, target: { erased: false } },
        ...{ isPinned: () => false, isFull: () => false },
        ...rest,
      }),
    );
  expect(verdict({})).toBe("change");
  expect(verdict({ role: "owner" })).toBe("change");
  expect(verdict({ config: { closed: true }, role: "member" })).toBe("room_closed");
  expect(verdict({ role: "member", target: undefined })).toBe("forbidden");
  expect(verdict({ target: undefined })).toBe("not_found");
  expect(verdict({ target: { erased: true } })).toBe("not_found");
  expect(verdict({ target: { erased: true }, on: false })).toBe("no_change");
  expect(verdict({ isPinned: () => true, isFull: () => true })).toBe("no_change");
  expect(verdict({ isFull: () => true })).toBe("too_many_pins");
  expect(verdict({ on: false, isPinned: () => true, isFull: () => true })).toBe("change");
});

it("R45 settings come from variables, and from the protocol where a variable is none", () => {
  const now = () => 7;
  expect(roomSettings({}, now)).toMatchObject({ coalesceMs: LIMIT.COALESCE_MS, admissionMs: 900_000 });
  const vars = {
    HELLO_TIMEOUT_MS: "250",
    COALESCE_MS: "0",
    ADMISSION_MS: "5000",
    DEAD_AFTER_MS: "-1",
    SWEEP_MS: "soon",
    WINDOW_SOFT_BYTES: "",
  };
  expect(roomSettings(vars, now)).toMatchObject({
    helloTimeoutMs: 250,
    coalesceMs: 0,
    admissionMs: 5_000,
    deadAfterMs: LIMIT.DEAD_AFTER_MS,
    sweepMs: 300_000,
    windowSoftBytes: LIMIT.WINDOW_SOFT_BYTES,
  });
  expect(roomSettings({}, now).now()).toBe(7);
});

it("R42 rates come from variables as `5/10`, and from the protocol where a variable is no such thing", () => {
  const { rates } = roomSettings({}, () => 7);
  expect(rates).toEqual({
    write: { perSecond: 5, burst: 10 },
    react: { perSecond: 5, burst: 20 },
    soft: { perSecond: 4, burst: 10 },
    read: { perSecond: 4, burst: 10 },
    control: { perSecond: 20, burst: 40 },
    bytes: { perSecond: 65_536, burst: 262_144 },
  });
  const none = ["", "5", "0/10", "5/0", "-5/10", "5/10/15", "5 / 10", "1e3/10", "five/ten", "05/10"];
  for (const RATE_WRITE of none) expect(roomSettings({ RATE_WRITE }, () => 7).rates).toEqual(rates);
  const vars = { RATE_WRITE: "1000/2000", RATE_BYTES: "999999999999/999999999999", RATE_SOFT: 7 };
  expect(roomSettings(vars, () => 7).rates).toEqual({
    ...rates,
    write: { perSecond: 1000, burst: 2000 },
    bytes: { perSecond: 999_999_999_999, burst: 999_999_999_999 },
  });
});

it("each refusal has the wire's number of the same name, or of what it is there", () => {
  const { banned, room_closed: closed, bad_request: malformed, too_many_pins: pins, ...same } = REFUSAL;
  expect([banned.code, closed.code]).toEqual([ERROR_CODE.FORBIDDEN, ERROR_CODE.FORBIDDEN]);
  expect([malformed.code, pins.code]).toEqual([ERROR_CODE.BAD_FRAME, ERROR_CODE.TOO_LARGE]);
  const named = new Map<string, number>(Object.entries(ERROR_CODE));
  for (const [name, { code }] of Object.entries(same))
    expect([name, code]).toEqual([name, named.get(name.toUpperCase())]);
  for (const name of Object.keys(REFUSAL)) expect(Object.keys(ERRORS)).toContain(name);
});

it("R43 slow mode asks only for members, no further back than it reaches, and ends to the millisecond", () => {
  const asked: number[] = [];
  const wait = (role: "member" | "moderator" | "owner", said: number | undefined, slowModeMs = 1_000) =>
    refusalOf({
      ...{ config: { closed: false, slowModeMs }, role, now: 10_000, replyTo: 0, target: () => undefined },
      saidAfter: (time) => {
        asked.push(time);
        return said;
      },
    });
  for (const role of ["moderator", "owner"] as const) expect(wait(role, 9_999)).toBeNull();
  expect(wait("member", 9_999, 0)).toBeNull();
  expect(asked).toEqual([]);
  expect(wait("member", undefined)).toBeNull();
  expect(wait("member", 9_001)).toEqual({ code: "rate_limited", retryAfterMs: 1 });
  expect(wait("member", 10_000)).toEqual({ code: "rate_limited", retryAfterMs: 1_000 });
  // a clock that was set back: the log's time is later than now
  expect(wait("member", 10_500)).toEqual({ code: "rate_limited", retryAfterMs: 1_500 });
  expect(new Set(asked)).toEqual(new Set([9_000]));
});

it("a room is its owner's to change", () => {
  expect((["member", "moderator", "owner"] as const).map(mayConfigure)).toEqual([false, false, true]);
});
