// Tickets: one room, one person, one minute, one use. A browser cannot set headers on a socket, so it shows this instead.
// Here they are made and checked; that each opens one socket only is the room's to see to.
import * as z from "zod";
import {
  ApiError,
  type Bindings,
  deriveKey,
  fromBase64url,
  now,
  parseJson,
  randomBytes,
  required,
  sign,
  toBase64url,
  verify,
} from "../platform";

/** Name of the key's purpose; a new format of tickets gets a new one. */
const LABEL = "ferrule-ticket-v1";
const VERSION = 1;
/** How long a ticket lives, in ms. */
export const TICKET_MS = 60_000;
/** TICKET_BYTES_MAX of PROTOCOL.md section 13. */
const TICKET_BYTES_MAX = 1024;

const claimsSchema = z.strictObject({
  v: z.literal(VERSION),
  jti: z.string(),
  room: z.string(),
  user: z.string(),
  session: z.string(),
  exp: z.int(),
});

/** Whom a ticket is for; `session` is the session's id, never its token. */
export interface TicketSubject {
  readonly room: string;
  readonly user: string;
  readonly session: string;
}

/** What a good ticket says: `id` is unique to it, `expiresAt` in ms since 1970. */
export interface Ticket extends TicketSubject {
  readonly id: string;
  readonly expiresAt: number;
}

/** A new ticket: base64url(claims as JSON) `.` base64url(HMAC-SHA-256 of the first part). */
export async function issueTicket(
  env: Bindings,
  subject: TicketSubject,
): Promise<{ ticket: string; expiresAt: number }> {
  const expiresAt = now() + TICKET_MS;
  const { room, user, session } = subject;
  const claims = { v: VERSION, jti: toBase64url(randomBytes(16)), room, user, session, exp: expiresAt };
  const payload = toBase64url(new TextEncoder().encode(JSON.stringify(claims)));
  const signature = await sign(await ticketKey(env), payload);
  return { ticket: `${payload}.${toBase64url(signature)}`, expiresAt };
}

/** The ticket's claims. Throws `unauthenticated` when it is not ours, of another room, or over; it does not say which. */
export async function verifyTicket(env: Bindings, ticket: string, room: string): Promise<Ticket> {
  const refused = new ApiError("unauthenticated", "the ticket is not valid");
  if (ticket.length > TICKET_BYTES_MAX) throw refused;
  const [payload = "", signed = "", ...rest] = ticket.split(".");
  const signature = fromBase64url(signed);
  if (rest.length > 0 || signature === null || !(await verify(await ticketKey(env), signature, payload))) throw refused;
  const claims = claimsSchema.safeParse(
    parseJson(new TextDecoder().decode(fromBase64url(payload) ?? new Uint8Array())),
  );
  if (!claims.success || claims.data.room !== room || claims.data.exp <= now()) throw refused;
  const { jti, user, session, exp } = claims.data;
  return { room, user, session, id: jti, expiresAt: exp };
}

function ticketKey(env: Bindings): Promise<CryptoKey> {
  return deriveKey(required(env, "BETTER_AUTH_SECRET"), LABEL);
}
