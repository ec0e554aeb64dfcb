// Who may open a socket, and what of a request reaches the room. These tests are about security; each refusal is by code.
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type Answer,
  account,
  type CallOptions,
  call,
  guest,
  join,
  ORIGIN,
  openSocket,
  type Person,
  refusal,
  room,
} from "../../../../tests/worker/support/http-client";
import { configOf } from "../../../../tests/worker/support/room-client";
import { ADMISSION_HEADER, decodeAdmission, encodeAdmission } from "../admission";
import type { Admission } from "../operation";

const ticketOf = async (person: Person, id: string): Promise<string> =>
  (await call("POST", `/api/rooms/${id}/ticket`, { token: person.token })).body.ticket;
const byTicket = (id: string, ticket: string, options: CallOptions = {}) =>
  openSocket(id, options, `ferrule.v1, ferrule.ticket.${ticket}`);

/** Opens a socket and looks at what the room would have been sent instead of opening it. */
async function requestToRoom(id: string, options: CallOptions): Promise<Request> {
  let seen: Request | undefined;
  const stub = {
    fetch: async (request: Request) => {
      seen = request;
      return Response.json({ error: { code: "room_full", message: "full" } }, { status: 503 });
    },
  };
  const answer = await openSocket(id, { ...options, vars: { ROOM: { getByName: () => stub } } });
  expect(refusal(answer)).toEqual([503, "room_full"]);
  return seen!;
}

/** Expects an open socket, and closes it. */
function opened(answer: Answer): void {
  expect([answer.status, answer.body]).toEqual([101, null]);
  expect(answer.headers.get("sec-websocket-protocol")).toBe("ferrule.v1");
  answer.webSocket!.accept();
  answer.webSocket!.close(1000);
}

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe("a socket", () => {
  it("opens for a member by ticket, bearer or cookie", async () => {
    const person = await guest();
    const id = await room(person);
    opened(await byTicket(id, await ticketOf(person, id)));
    opened(await byTicket(id, await ticketOf(person, id), { origin: ORIGIN }));
    opened(await openSocket(id, { token: person.token }));
    opened(await openSocket(id, { cookie: person.cookie, origin: ORIGIN }));
    opened(await openSocket(id, { cookie: person.cookie, origin: "https://trusted.example" }));
  });

  it("is in the log with the person that its ticket was for", async () => {
    const person = await guest();
    const id = await room(person);
    const ticket = await ticketOf(person, id);
    const log = vi.spyOn(console, "log");
    opened(await byTicket(id, ticket));
    const [line] = log.mock.calls.map(([text]) => JSON.parse(String(text)) as Record<string, unknown>);
    expect(line).toMatchObject({ route: "/api/rooms/:id/socket", status: 101, userId: person.id });
    expect(JSON.stringify(log.mock.calls)).not.toContain(ticket.slice(0, 24));
  });

  it("needs an upgrade and our subprotocol", async () => {
    const person = await guest();
    const id = await room(person);
    const { token } = person;
    expect(refusal(await call("GET", `/api/rooms/${id}/socket`, { token }))).toEqual([426, "upgrade_required"]);
    expect(refusal(await openSocket(id, { token, headers: { upgrade: "h2c" } }))).toEqual([426, "upgrade_required"]);
    for (const protocols of ["", "ferrule.v2", "ferrule.v1x", `ferrule.ticket.${await ticketOf(person, id)}`])
      expect(refusal(await openSocket(id, { token }, protocols))).toEqual([400, "bad_subprotocol"]);
  });

  it("is not for strangers, nobody, or the banned; and joins nobody", async () => {
    const [owner, stranger] = [await account(), await guest()];
    const id = await room(owner);
    expect(refusal(await openSocket(id))).toEqual([401, "unauthenticated"]);
    expect(refusal(await openSocket(id, { token: stranger.token }))).toEqual([403, "forbidden"]);
    expect(refusal(await call("POST", `/api/rooms/${id}/ticket`, { token: stranger.token }))).toEqual([
      403,
      "forbidden",
    ]);
    expect((await call("GET", `/api/rooms/${id}`, { token: stranger.token })).body.role).toBeNull();
    await join(stranger, id);
    const ticket = await ticketOf(stranger, id);
    await env.DB.prepare("UPDATE member SET role = 'banned' WHERE user_id = ?").bind(stranger.id).run();
    expect(refusal(await byTicket(id, ticket))).toEqual([403, "banned"]);
    expect(refusal(await openSocket(id, { token: stranger.token }))).toEqual([403, "banned"]);
  });

  it("R36 asked for by another site with a valid cookie is refused", async () => {
    const person = await guest();
    const id = await room(person);
    const { cookie, token } = person;
    const evil = "https://evil.example";
    for (const options of [
      { cookie, origin: evil },
      { cookie, origin: "null" },
      { cookie, origin: "http://localhost:8788" },
      { cookie, origin: "https://localhost:8787" },
      { cookie },
      { token, origin: evil },
    ])
      expect(refusal(await openSocket(id, options))).toEqual([403, "origin_refused"]);
    expect(refusal(await byTicket(id, await ticketOf(person, id), { origin: evil }))).toEqual([403, "origin_refused"]);
    expect(refusal(await byTicket(id, await ticketOf(person, id), { cookie }))).toEqual([403, "origin_refused"]);
  });
});

describe("the admission", () => {
  it("R37 is the Worker's own: a forged header is ignored, and no other header of the client goes on", async () => {
    const [owner, person] = [await account("Ann"), await guest()];
    const id = await room(owner);
    await join(person, id);
    const forged = encodeAdmission({
      ...{ userId: owner.id, name: "Ann", guest: false, role: "owner", roleAt: 0, sessionId: "s", expiresAt: 9e15 },
      room: configOf(9, { title: "Forged" }),
    });
    const request = await requestToRoom(id, {
      token: person.token,
      headers: { [ADMISSION_HEADER]: forged, "x-other": "1", "sec-websocket-extensions": "permessage-deflate" },
    });
    expect([...request.headers.keys()].sort()).toEqual([ADMISSION_HEADER, "sec-websocket-protocol", "upgrade"]);
    expect(decodeAdmission(request.headers.get(ADMISSION_HEADER))).toMatchObject({
      userId: person.id,
      name: person.name,
      guest: true,
      role: "member",
      room: configOf(1, { title: "A room" }),
    });
    expect(refusal(await openSocket(id, { headers: { [ADMISSION_HEADER]: forged } }))).toEqual([
      401,
      "unauthenticated",
    ]);
    expect(refusal(await openSocket(id, { token: "x", headers: { [ADMISSION_HEADER]: forged } }))).toEqual([
      401,
      "unauthenticated",
    ]);
  });

  it("ends with the session, and after 15 minutes at the latest", async () => {
    const person = await guest();
    const id = await room(person);
    const ends = async () =>
      decodeAdmission((await requestToRoom(id, { token: person.token })).headers.get(ADMISSION_HEADER))!.expiresAt;
    const soon = Date.now() + 900_000;
    expect(Math.abs((await ends()) - soon)).toBeLessThan(10_000);
    const over = Date.now() + 60_000;
    await env.DB.prepare("UPDATE session SET expires_at = ? WHERE user_id = ?").bind(over, person.id).run();
    expect(await ends()).toBe(over);
  });

  it("survives a header with any name in it", () => {
    const admission: Admission = {
      ...{
        userId: "u",
        name: 'Zoë 🙂 \u0000\u007f"\\',
        guest: false,
        role: "owner",
        roleAt: 0,
        sessionId: "s",
        expiresAt: 1,
      },
      ...{ room: configOf(1, { title: "日本", closed: true }), ticket: { id: "t", expiresAt: 2 } },
    };
    const header = encodeAdmission(admission);
    expect(header).toMatch(/^[\w-]+$/);
    expect(decodeAdmission(header)).toEqual(admission);
    for (const bad of [null, "", "%", "AAAA"]) expect(decodeAdmission(bad)).toBeNull();
  });
});

describe("a ticket", () => {
  it("R38 opens one socket: used twice it is refused", async () => {
    const person = await guest();
    const id = await room(person);
    const ticket = await ticketOf(person, id);
    opened(await byTicket(id, ticket));
    expect(refusal(await byTicket(id, ticket))).toEqual([401, "unauthenticated"]);
    const race = await ticketOf(person, id);
    const answers = await Promise.all([1, 2, 3, 4].map(() => byTicket(id, race)));
    expect(answers.map(({ status }) => status).sort()).toEqual([101, 401, 401, 401]);
    for (const answer of answers) answer.webSocket?.accept();
    for (const answer of answers) answer.webSocket?.close(1000);
  });

  it("R38 is refused in another room, one bit off, and over; never with bearer or cookie in its place", async () => {
    const person = await guest();
    const [id, other] = [await room(person), await room(person)];
    const also = [{}, { token: person.token }, { cookie: person.cookie, origin: ORIGIN }];
    for (const options of also) {
      const ticket = await ticketOf(person, id);
      expect(refusal(await byTicket(other, ticket, options))).toEqual([401, "unauthenticated"]);
      const at = ticket.length >> 1;
      const flipped = ticket.slice(0, at) + String.fromCharCode(ticket.charCodeAt(at) ^ 1) + ticket.slice(at + 1);
      for (const bad of [flipped, "", "x", "x".repeat(2000)])
        expect(refusal(await byTicket(id, bad, options))).toEqual([401, "unauthenticated"]);
      opened(await byTicket(id, ticket, options));
    }
    const late = await ticketOf(person, id);
    vi.useFakeTimers({ now: Date.now() + 60_001, toFake: ["Date"] });
    for (const options of also) expect(refusal(await byTicket(id, late, options))).toEqual([401, "unauthenticated"]);
  });

  it("R38 is worth nothing once its session is over or its person has left", async () => {
    const person = await guest();
    const id = await room(person);
    const [one, two] = [await ticketOf(person, id), await ticketOf(person, id)];
    await env.DB.prepare("DELETE FROM member WHERE user_id = ?").bind(person.id).run();
    expect(refusal(await byTicket(id, one))).toEqual([403, "forbidden"]);
    await call("POST", "/api/auth/sign-out", { token: person.token, body: {} });
    expect(refusal(await byTicket(id, two))).toEqual([401, "unauthenticated"]);
  });

  it("names the socket's address absolutely", async () => {
    const person = await guest();
    const id = await room(person);
    const { status, body } = await call("POST", `/api/rooms/${id}/ticket`, { token: person.token });
    expect([status, body.url]).toEqual([201, `ws://localhost:8787/api/rooms/${id}/socket`]);
    expect(body.expiresAt - Date.now()).toBeLessThanOrEqual(60_000);
  });
});
