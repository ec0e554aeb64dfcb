// What is told of the user, and when: every wish at a chosen time.
import { decode, type Frame } from "@ferrule/core";
import { expect, test } from "vitest";
import { Voice } from "./voice";

/** What leaves from `from` to `to`, asked only when it says so. */
function said(voice: Voice, from: number, to: number): string[] {
  const all: string[] = [];
  let now = from;
  while (now <= to) {
    const bytes = voice.pollTransmit(now);
    if (bytes !== undefined) {
      const { kind, body } = decode("up", bytes) as Frame;
      all.push(`${now} ${kind} ${"state" in body ? body.state : "list" in body ? JSON.stringify(body.list) : ""}`);
      continue;
    }
    const due = voice.pollTimeout();
    if (due === undefined) break;
    expect(due).toBeGreaterThan(now);
    now = due;
  }
  return all;
}

test("nothing to tell, nothing to wait for", () => {
  const voice = new Voice();
  expect([voice.pollTransmit(0), voice.pollTimeout()]).toEqual([undefined, undefined]);
  voice.typing(false);
  voice.presence(false);
  voice.read(0);
  voice.read(-5);
  voice.read(1.5);
  voice.read(Number.POSITIVE_INFINITY);
  expect([voice.pollTransmit(0), voice.pollTimeout()]).toEqual([undefined, undefined]);
});

test("typing is said at once, again every 3 s, and taken back", () => {
  const voice = new Voice();
  voice.typing(true);
  expect(said(voice, 0, 7_000)).toEqual(["0 TYPING 1", "3000 TYPING 1", "6000 TYPING 1"]);
  voice.typing(true);
  expect(said(voice, 7_000, 7_000)).toEqual([]);
  voice.typing(false);
  expect(said(voice, 7_000, 20_000)).toEqual(["7000 TYPING 0"]);
});

test("a message ends typing without a word; who types on says so after it", () => {
  const voice = new Voice();
  voice.typing(true);
  said(voice, 0, 0);
  voice.handleWritten();
  expect(said(voice, 500, 9_000)).toEqual([]);
  voice.typing(true);
  expect(said(voice, 9_000, 9_000)).toEqual(["9000 TYPING 1"]);
  voice.handleStored();
  expect(said(voice, 9_001, 9_500)).toEqual(["9300 TYPING 1"]);
});

test("what is taken back before it could leave is not said", () => {
  const voice = new Voice();
  voice.typing(true);
  said(voice, 0, 0);
  voice.typing(false);
  voice.typing(true);
  voice.presence(true);
  voice.presence(false);
  expect(said(voice, 10, 2_900)).toEqual([]);
});

test("wishes leave 300 ms apart, read marks a second apart, the newest only", () => {
  const voice = new Voice();
  voice.presence(true);
  voice.typing(true);
  voice.read(3);
  voice.read(9);
  voice.read(5);
  expect(said(voice, 0, 1_000)).toEqual(["0 PRESENCE 2", "300 TYPING 1", '600 RECEIPT [{"ref":0,"upTo":9}]']);
  for (const seq of [10, 11, 12]) voice.read(seq);
  expect(said(voice, 1_000, 2_000)).toEqual(['1600 RECEIPT [{"ref":0,"upTo":12}]']);
});

test("a new connection is told again what it must know, and nothing of another log", () => {
  const voice = new Voice();
  voice.presence(true);
  voice.typing(true);
  voice.read(9);
  said(voice, 0, 1_000);
  voice.handleLost();
  expect(said(voice, 1_100, 2_000)).toEqual(["1100 PRESENCE 2", "1400 TYPING 1", '1700 RECEIPT [{"ref":0,"upTo":9}]']);
  voice.typing(false);
  voice.presence(false);
  voice.handleLost();
  voice.forget();
  expect(said(voice, 2_100, 9_000)).toEqual([]);
});
