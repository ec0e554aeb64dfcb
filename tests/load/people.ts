// Thousands of different people for one room, as cheaply as is honest: their rows of user, session and membership are written into D1
// before the Worker starts, and tickets are signed here with the server's own secret. What is left out is the sign-up alone: each socket
// goes through the Worker's door, with its ticket, session, role and lease looked up.
import { createHmac, hkdfSync, randomBytes } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { filesWith } from "../harness/archive.ts";

/** How long a ticket is good, in ms: what the Worker itself would give. */
const TICKET_MS = 60_000;
const DAY_MS = 86_400_000;

/** The user's id and the session's id of person `n`. */
export const userOf = (n: number): string => `load-${n}`;
const sessionOf = (n: number): string => `load-session-${n}`;

/** Writes people 0..count-1 and makes them members of a room that is there. `state` is the folder of a Worker that does not run. */
export function addPeople(state: string, room: string, count: number): void {
  const [file] = filesWith(join(state, "v3/d1"), "member");
  if (file === undefined) throw new Error("no tables to write people into");
  const database = new DatabaseSync(file);
  try {
    const now = Date.now();
    const user = database.prepare(
      "INSERT INTO user (id, name, email, email_verified, is_anonymous, created_at, updated_at) VALUES (?1, ?2, ?3, 0, 1, ?4, ?4)",
    );
    const session = database.prepare(
      "INSERT INTO session (id, expires_at, token, created_at, updated_at, user_id) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
    );
    const member = database.prepare(
      "INSERT INTO member (room_id, user_id, role, joined_at, changed_at) VALUES (?1, ?2, 'member', ?3, 1)",
    );
    database.exec("BEGIN");
    for (let n = 0; n < count; n++) {
      const id = userOf(n);
      user.run(id, `Person ${n}`, `${id}@load.invalid`, now);
      session.run(sessionOf(n), now + DAY_MS, randomBytes(16).toString("hex"), now, id);
      member.run(room, id, now);
    }
    database.exec("COMMIT");
  } finally {
    database.close();
  }
}

/** A fresh ticket for person `n`: worker-ts/src/auth/ticket.ts, written once more. */
export function ticketFor(secret: string, room: string, n: number): string {
  const claims = {
    ...{ v: 1, jti: randomBytes(16).toString("base64url"), room },
    ...{ user: userOf(n), session: sessionOf(n), exp: Date.now() + TICKET_MS },
  };
  const payload = Buffer.from(JSON.stringify(claims)).toString("base64url");
  const key = Buffer.from(hkdfSync("sha256", secret, "", "ferrule-ticket-v1", 32));
  return `${payload}.${createHmac("sha256", key).update(payload).digest("base64url")}`;
}
