// From the chat box to the card: commands written into rooms, the workflows that they start, what the room shows of it, and who may say
// yes. Through the whole Worker, with the app's own workflows.
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import "../../../../worker-ts/src/index";
import { postAs } from "../../../../worker-ts/src/rooms/routes";
import { withWorkflows } from "../../../../worker-ts/src/workflow";
import { account, call, guest, join, type Person, refusal, room } from "../../support/http-client";
import { evict, query, ring, roomOf } from "../../support/room-client";

const WAIT = { timeout: 60_000, interval: 50 };

interface Shown {
  readonly seq: number;
  readonly text: string;
  readonly replyTo: number | null;
  readonly author: { readonly id: string };
}

const messages = async ({ token }: Person, id: string): Promise<readonly Shown[]> =>
  (await call("GET", `/api/rooms/${id}/messages?limit=200`, { token })).body.messages;
const ofBots = async (person: Person, id: string) =>
  (await messages(person, id)).filter(({ author }) => author.id.startsWith("bot-"));
const say = async ({ token }: Person, id: string, text: string) =>
  (await call("POST", `/api/rooms/${id}/messages`, { token, body: { text } })).body.seq;

/** The first message of a bot that this holds for, as soon as there is one. */
async function shows(person: Person, id: string, part: string): Promise<Shown> {
  const find = async () => (await ofBots(person, id)).find(({ text }) => text.includes(part));
  await expect.poll(find, { ...WAIT, message: `a bot says “${part}”` }).toBeDefined();
  return (await find())!;
}

/** The path of a card's link. */
const linkOf = ({ text }: Shown, word: string): string => {
  const line = text.split("\n").find((each) => each.startsWith(`${word}: `));
  return (line ?? "").replace(/^.*?: (?:https?:\/\/[^/]+)?/, "");
};

const runs = async (ownerId: string) => {
  const { results } = await env.DB.prepare("SELECT id, name, status FROM workflow_runs WHERE owner_id = ?1")
    .bind(ownerId)
    .all<{ id: string; name: string; status: string }>();
  return results;
};
const ended = (ownerId: string, status: string) =>
  expect.poll(async () => (await runs(ownerId)).map((run) => run.status), WAIT).toEqual([status]);

/** Follows a card's link and sends the form of its page. */
async function choose({ cookie }: Person, path: string) {
  const page = await call("GET", path, { cookie });
  const token = /name="token" value="([^"]*)"/.exec(String(page.body))?.[1] ?? "";
  const body = new URLSearchParams({ token }).toString();
  const headers = { "content-type": "application/x-www-form-urlencoded", origin: "null" };
  return { page, sent: await call("POST", path, { cookie, headers, body }) };
}

it("WC2 /remind: a card, the reminder, and the card again when somebody is done with it", async () => {
  const ann = await account("Ann");
  const id = await room(ann);
  const seq = await say(ann, id, "/remind 2s take out\nthe bread");
  const card = await shows(ann, id, "For Ann: take out the bread");
  expect(card).toMatchObject({ author: { id: "bot-reminder" }, replyTo: seq });
  const [run] = await runs(ann.id);
  expect(linkOf(card, "Timeline")).toBe(`/runs/${run!.id}`);
  const said = await shows(ann, id, "Ann, you asked to be reminded: take out the bread");
  await shows(ann, id, "once more at");
  expect((await choose(ann, linkOf(said, "Done"))).sent.status).toBe(200);
  expect((await shows(ann, id, "✅ Done: Ann.")).seq).toBe(card.seq);
  await ended(ann.id, "completed");
  // both cards say so, and none has the button any more
  const cards = await ofBots(ann, id);
  expect(
    cards.map(({ seq, text }) => [seq, text.includes("✅ Done: Ann."), linkOf({ ...card, text }, "Done")]),
  ).toEqual([
    [card.seq, true, ""],
    [said.seq, true, ""],
  ]);
});

it("WC2 where edits are over before somebody is done, it is said anew", async () => {
  const ann = await account("Ann");
  const id = await room(ann);
  await say(ann, id, "/remind 1s tea");
  const said = await shows(ann, id, "Ann, you asked to be reminded: tea");
  await shows(ann, id, "once more at");
  await call("PATCH", `/api/rooms/${id}`, { token: ann.token, body: { editWindowMs: 1 } });
  expect((await choose(ann, linkOf(said, "Done"))).sent.status).toBe(200);
  expect(await shows(ann, id, "✅ Done: Ann.")).toMatchObject({ replyTo: said.seq });
  await ended(ann.id, "completed");
});

it("WC9 a reminder whose message was erased comes all the same, to nothing", async () => {
  const ann = await account("Ann");
  const id = await room(ann);
  const seq = await say(ann, id, "/remind 15s tea");
  await shows(ann, id, "For Ann: tea");
  expect((await call("DELETE", `/api/rooms/${id}/messages/${seq}`, { token: ann.token })).status).toBe(204);
  const said = await shows(ann, id, "Ann, you asked to be reminded: tea");
  expect(said.replyTo).toBeNull();
  expect((await choose(ann, linkOf(said, "Done"))).sent.status).toBe(200);
  await ended(ann.id, "completed");
});

it("WC2 a reminder comes twice where nobody is done with it", async () => {
  const ann = await guest();
  const id = await room(ann);
  await withWorkflows(
    env,
    { waitUntil: () => undefined },
    ({ startByName }) => startByName("reminder", [id, "tea", Date.now() + 500, { againMs: 1000 }]),
    { ownerId: ann.id },
  );
  await shows(ann, id, "once more: tea");
  await shows(ann, id, "Said twice.");
  await ended(ann.id, "completed");
});

it("WC3 /digest counts people, words and links, not bots, and its card becomes the digest", async () => {
  const [ann, ben] = [await account("Ann"), await account("Ben")];
  const id = await room(ann);
  await join(ben, id);
  await say(ann, id, "one two three");
  await say(ann, id, "see https://example.com now");
  await say(ben, id, "yes");
  await say(ann, id, "/digest 2d");
  const digest = await shows(ann, id, "The last 2 days here");
  const [first, second] = digest.text.split("\n");
  expect(first).toBe("📊 The last 2 days here: 4 messages of 2 people, 9 words, 1 link.");
  expect(second).toBe("Most by Ann (3), Ben (1).");
  await ended(ann.id, "completed");
  expect(await ofBots(ann, id)).toHaveLength(1);
});

it("WC3 a digest reads page by page", async () => {
  const ann = await guest();
  const id = await room(ann);
  const stub = roomOf(id);
  const actor = { userId: ann.id, name: "Ann", guest: true, role: "owner", roleAt: 0 } as const;
  for (let n = 0; n < 450; n++)
    await stub.apply(actor, { type: "post", id: crypto.getRandomValues(new Uint8Array(16)), text: "word", replyTo: 0 });
  await say(ann, id, "/digest");
  await shows(ann, id, "451 messages of 1 person, 451 words");
  await ended(ann.id, "completed");
  const [run] = await runs(ann.id);
  const result = await call("GET", `/api/workflow/runs/${run!.id}/result`, { token: ann.token });
  expect(JSON.stringify(result.body)).toContain('"pages":3');
});

it("WC4 /approve: any member may answer, once, and nobody else", async () => {
  const [ann, ben, eve] = [await account("Ann"), await account("Ben"), await account("Eve")];
  const id = await room(ann);
  await join(ben, id);
  await say(ann, id, "/approve release on Friday");
  const card = await shows(ann, id, "Ann asks for approval: release on Friday");
  const [approve, reject] = [linkOf(card, "Approve"), linkOf(card, "Reject")];
  const [run] = await runs(ann.id);

  expect((await call("GET", approve)).status).toBe(401);
  const strange = await choose(eve, approve);
  expect([strange.page.status, strange.sent.status]).toEqual([403, 403]);
  const api = (person: Person, choice: string) =>
    call("POST", `/api/rooms/${id}/choices/${run!.id}`, { token: person.token, body: { choice } });
  expect(refusal(await api(eve, "approve"))).toEqual([403, "forbidden"]);
  // the page is asked again, and a form of somebody else's is not taken
  const own = await call("GET", approve, { cookie: ben.cookie });
  expect([own.status, String(own.body).includes("Approve the request?")]).toEqual([200, true]);
  const [, token = ""] = /name="token" value="([^"]*)"/.exec(String(own.body)) ?? [];
  const headers = { "content-type": "application/x-www-form-urlencoded", origin: "null" };
  const body = new URLSearchParams({ token }).toString();
  expect((await call("POST", approve, { cookie: ann.cookie, headers, body })).status).toBe(403);
  expect((await call("POST", reject, { cookie: ben.cookie, headers, body })).status).toBe(403);
  // the run's owner can resume its hook, but not speak for others
  const hook = `/api/workflow/hooks/${encodeURIComponent(`choice:${id}:${run!.id}`)}`;
  const forged = { choice: "approve", name: "Ben" };
  for (const payload of [
    { ...forged, proof: "AAAA" },
    forged,
    { ...forged, proof: null },
    null,
    "approve",
    [forged],
    0,
  ])
    expect((await call("POST", hook, { token: ann.token, body: JSON.stringify(payload) })).status).toBe(200);
  // the run has looked at each of them, and goes on waiting
  const events = async () =>
    (await call("GET", `/api/workflow/runs/${run!.id}/events?limit=100`, { token: ann.token })).body as unknown as {
      events: { type: string; data: { stepName?: string } }[];
    };
  const count = async (type: string) => (await events()).events.filter((event) => event.type === type).length;
  await expect.poll(() => count("hook_received"), WAIT).toBe(7);
  await expect.poll(async () => (await count("step_completed")) - 2, WAIT).toBe(3);
  expect((await runs(ann.id)).map(({ status }) => status)).toEqual(["running"]);
  expect((await messages(ann, id)).find(({ seq }) => seq === card.seq)?.text).toContain("Open until");

  expect((await choose(ben, approve)).sent.status).toBe(200);
  expect((await shows(ann, id, "✅ Approved by Ben.")).seq).toBe(card.seq);
  expect(await shows(ann, id, "✅ Approved by Ben. It was: release on Friday")).toMatchObject({ replyTo: card.seq });
  await ended(ann.id, "completed");
  expect(refusal(await api(ann, "reject"))).toEqual([404, "not_found"]);
  expect(await ofBots(ann, id)).toHaveLength(2);
});

it("WC4 rejected by a program; nobody answers in time", async () => {
  const ann = await account("Ann");
  const id = await room(ann);
  await say(ann, id, "/approve more cake");
  await shows(ann, id, "asks for approval: more cake");
  const [run] = await runs(ann.id);
  const path = `/api/rooms/${id}/choices/${run!.id}`;
  expect(refusal(await call("POST", path, { token: ann.token, body: { choice: "perhaps" } }))[0]).toBe(400);
  expect((await call("POST", path, { token: ann.token, body: { choice: "reject" } })).status).toBe(202);
  await shows(ann, id, "❌ Rejected by Ann.");
  const ben = await guest();
  const other = await room(ben);
  await withWorkflows(
    env,
    { waitUntil: () => undefined },
    ({ startByName }) => startByName("approval", [other, "less cake", { openMs: 1000 }]),
    { ownerId: ben.id },
  );
  await shows(ben, other, "⌛ Nobody has answered in time.");
});

it("WC5 what cannot be understood is answered once, to the message, and starts nothing", async () => {
  const ann = await guest();
  const id = await room(ann);
  const seq = await say(ann, id, "/remind soon tea");
  const answer = await shows(ann, id, "is no span of time I know");
  expect(answer).toMatchObject({ author: { id: "bot-help" }, replyTo: seq });
  await say(ann, id, "/help");
  await shows(ann, id, "/approve TEXT");
  await say(ann, id, "/etc/hosts is no command");
  await say(ann, id, "hello");
  // told again, as after a crash
  await query(roomOf(id), `INSERT INTO due VALUES('entry', '${seq}', 1)`);
  await ring(roomOf(id));
  expect(await ofBots(ann, id)).toHaveLength(2);
  expect(await runs(ann.id)).toEqual([]);
});

it("WC5 nobody may have more than fifty things open", async () => {
  const ann = await guest();
  const id = await room(ann);
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50)
     INSERT INTO workflow_runs(id, name, status, owner_id, deployment_id, spec_version, created_at, last_slot, last_event_at)
     SELECT ?1 || i, 'x', 'running', ?1, 'd', 7, 1, 1, 9999999999999 FROM n`,
  )
    .bind(ann.id)
    .run();
  await say(ann, id, "/approve one more");
  await shows(ann, id, "50 things open");
  expect(await runs(ann.id)).toHaveLength(50);
});

it("WC5 the fiftieth is not refused when its message is told again", async () => {
  const ann = await guest();
  const id = await room(ann);
  const seq = await say(ann, id, "/approve the fiftieth");
  await shows(ann, id, "asks for approval: the fiftieth");
  await env.DB.prepare(
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 49)
     INSERT INTO workflow_runs(id, name, status, owner_id, deployment_id, spec_version, created_at, last_slot, last_event_at)
     SELECT ?1 || i, 'x', 'running', ?1, 'd', 7, 1, 1, 9999999999999 FROM n`,
  )
    .bind(ann.id)
    .run();
  await query(roomOf(id), `INSERT INTO due VALUES('entry', '${seq}', 1)`);
  await ring(roomOf(id));
  expect((await ofBots(ann, id)).map(({ author }) => author.id)).toEqual(["bot-approval"]);
  expect(await runs(ann.id)).toHaveLength(50);
});

it("WC6 a command in a room that one may not write to starts nothing", async () => {
  const [ann, ben] = [await guest(), await guest()];
  const id = await room(ann);
  const write = (person: Person) =>
    call("POST", `/api/rooms/${id}/messages`, { token: person.token, body: { text: "/approve this" } });
  expect(refusal(await write(ben))[0]).toBe(403);
  await call("PATCH", `/api/rooms/${id}`, { token: ann.token, body: { closed: true } });
  expect(refusal(await write(ann))).toEqual([403, "room_closed"]);
  expect(await query(roomOf(id), "SELECT key FROM due WHERE kind = 'entry'")).toEqual([]);
  expect([await runs(ann.id), await runs(ben.id)]).toEqual([[], []]);
});

it("WC6 a run does in rooms what its owner may, whatever its arguments say", async () => {
  const [ann, eve] = [await account("Ann"), await account("Eve")];
  const id = await room(ann, "private");
  for (const [name, args] of [
    ["reminder", [id, "gotcha", Date.now()]],
    ["roomDigest", [id, 7]],
    ["approval", [id, "gotcha"]],
    ["approval", [id, ""]],
    ["roomDigest", ["../x", 7]],
  ] as const)
    expect((await call("POST", `/api/workflow/${name}/runs`, { token: eve.token, body: { args } })).status).toBe(201);
  await expect
    .poll(async () => (await runs(eve.id)).map(({ status }) => status), WAIT)
    .toEqual(Array.from({ length: 5 }, () => "failed"));
  expect(await messages(ann, id)).toEqual([]);
});

it("WC7 told twice, and by a room that has slept: one run, one card; a message under a key is there once", async () => {
  const ann = await account("Ann");
  const id = await room(ann);
  const seq = await say(ann, id, "/approve once");
  await shows(ann, id, "asks for approval: once");
  await evict(roomOf(id));
  for (let times = 0; times < 3; times++) {
    await query(roomOf(id), `INSERT INTO due VALUES('entry', '${seq}', 1)`);
    await ring(roomOf(id));
  }
  const [run, ...others] = await runs(ann.id);
  expect(others).toEqual([]);
  const post = () => postAs(env, { room: id, bot: "test-bot", for: ann.id, key: "k", text: "hello" });
  const first = await post();
  await evict(roomOf(id));
  expect(await post()).toEqual(first);
  const path = `/api/rooms/${id}/choices/${run!.id}`;
  expect((await call("POST", path, { token: ann.token, body: { choice: "approve" } })).status).toBe(202);
  await shows(ann, id, "✅ Approved by Ann. It was: once");
  await ended(ann.id, "completed");
  expect((await ofBots(ann, id)).map(({ author }) => author.id)).toEqual([
    "bot-approval",
    "bot-test-bot",
    "bot-approval",
  ]);
});

it("WC8 members of the room look at the run behind a card, as long as they are; only its owner cancels it", async () => {
  const [ann, ben, eve] = [await account("Ann"), await account("Ben"), await account("Eve")];
  const id = await room(ann);
  await join(ben, id);
  await say(ann, id, "/approve release on Friday");
  const card = await shows(ann, id, "asks for approval");
  const path = `/api/workflow${linkOf(card, "Timeline")}`;
  const look = (person: Person, rest = "") => call("GET", path + rest, { token: person.token });
  expect((await look(ann)).body).toMatchObject({ mayAct: true, attributes: { room: id } });
  expect((await look(ben)).body).toMatchObject({ mayAct: false, name: "approval", status: "running" });
  expect(refusal(await look(eve))).toEqual([404, "not_found"]);
  expect(JSON.stringify((await look(ann, "/events")).body)).toContain(`choice:${id}:`);
  expect(JSON.stringify((await look(ben, "/events")).body)).not.toContain("choice:");
  expect(refusal(await call("POST", `${path}/cancel`, { token: ben.token }))).toEqual([404, "not_found"]);
  expect((await call("DELETE", `/api/rooms/${id}/members/self`, { token: ben.token })).status).toBeLessThan(300);
  expect(refusal(await look(ben))).toEqual([404, "not_found"]);
  expect((await call("POST", `${path}/cancel`, { token: ann.token })).status).toBe(204);
});
