// How a room and its relays answer an upgrade that they do not serve, and which close codes they may send back.

/** A refused upgrade, in the envelope of all refusals. */
export function refuseUpgrade(status: number, code: string): Response {
  return Response.json({ error: { code, message: code.replaceAll("_", " ") } }, { status });
}

/** Whether a close code may be sent: some may only be told (RFC 6455 section 7.4.1), and a client may send any number. */
export const isSendable = (code: number): boolean =>
  code >= 1000 && code < 5000 && ![1004, 1005, 1006, 1015].includes(code);
