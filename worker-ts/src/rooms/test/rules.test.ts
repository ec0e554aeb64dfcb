// The pure rules and the settings, without a room.
import { ERROR_CODE, LIMIT, RESET_REASON, WELCOME_OUTCOME } from "@ferrule/core";
import { expect, it } from "vitest";
import { ERRORS } from "../../platform";
import { mayConfigure, opening, REFUSAL, refusalOf } from "../room";
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
  const never = () => {
    throw new Error("asked");
  };
  const said = { role: "member", now: 0, saidAfter: never } as const;
  const open = { ...said, config: { closed: false, slowModeMs: 0 } };
  const isMessage = (seq: number) => seq === 3;
  const closed = { ...said, config: { closed: true, slowModeMs: 1 } };
  expect(refusalOf({ ...closed, replyTo: 9, isMessage })).toEqual({ code: "room_closed", retryAfterMs: 0 });
  expect(refusalOf({ ...open, replyTo: 9, isMessage })).toEqual({ code: "not_found", retryAfterMs: 0 });
  expect(refusalOf({ ...open, replyTo: 3, isMessage })).toBeNull();
  expect(refusalOf({ ...open, replyTo: 0, isMessage: never })).toBeNull();
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
  const { room_closed: closed, bad_request: malformed, ...same } = REFUSAL;
  expect([closed.code, malformed.code]).toEqual([ERROR_CODE.FORBIDDEN, ERROR_CODE.BAD_FRAME]);
  const named = new Map<string, number>(Object.entries(ERROR_CODE));
  for (const [name, { code }] of Object.entries(same))
    expect([name, code]).toEqual([name, named.get(name.toUpperCase())]);
  for (const name of Object.keys(REFUSAL)) expect(Object.keys(ERRORS)).toContain(name);
});

it("R43 slow mode asks only for members, no further back than it reaches, and ends to the millisecond", () => {
  const asked: number[] = [];
  const wait = (role: "member" | "moderator" | "owner", said: number | undefined, slowModeMs = 1_000) =>
    refusalOf({
      ...{ config: { closed: false, slowModeMs }, role, now: 10_000, replyTo: 0, isMessage: () => true },
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
