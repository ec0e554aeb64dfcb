// Room events in words.
import { expect, it } from "vitest";
import { SYSTEM_EVENT as EVENT } from "../../../src/client";
import { eventPieces, spanLabel } from "./events";

const said = (event: number, text = "", who?: string, whom?: string) =>
  eventPieces({ event, text }, who, whom)
    ?.map((piece) => (piece.name ? `<${piece.text}>` : piece.text))
    .join("");

it("says what happened, with every name set apart", () => {
  expect(said(EVENT.TITLE, "Engines", "Ada")).toBe("<Ada> named the room <Engines>");
  expect(said(EVENT.JOINED, "", "Ada", "Ada")).toBe("<Ada> joined");
  expect(said(EVENT.JOINED, "", "Ada")).toBe("<Ada> joined");
  expect(said(EVENT.ROLE, "moderator", "Ada", "Bob")).toBe("<Bob> is now a moderator");
  expect(said(EVENT.ROLE, "owner", "Ada", "Bob")).toBe("<Bob> is now an owner");
  expect(said(EVENT.BANNED, "", "Ada", "Bob")).toBe("<Bob> was banned");
  expect(said(EVENT.CLOSED, "", "Ada")).toBe("<Ada> closed the room");
  expect(said(EVENT.SLOW_MODE, "30000", "Ada")).toBe("<Ada> switched slow mode on: one message every 30 s");
  expect(said(EVENT.SLOW_MODE, "0", "Ada")).toBe("<Ada> switched slow mode off");
});

it("names nobody when the room itself did it", () => {
  expect(said(EVENT.TITLE, "Engines")).toBe("The room is now called <Engines>");
  expect(said(EVENT.REOPENED)).toBe("The room was opened again");
  expect(said(EVENT.SLOW_MODE, "60000")).toBe("Slow mode is on: one message every 1 min");
  expect(said(EVENT.SLOW_MODE, "0")).toBe("Slow mode is off");
});

it("shows the text of an event it does not know, or nothing", () => {
  expect(said(99, "the moon is up")).toBe("the moon is up");
  expect(said(99)).toBeUndefined();
});

it("tells a span in the largest unit that is exact", () => {
  expect([900, 3000, 60_000, 90_000, 3_600_000].map(spanLabel)).toEqual(["1 s", "3 s", "1 min", "90 s", "1 h"]);
});
