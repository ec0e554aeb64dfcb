// What the simulated room takes by HTTP: files, messages with files, pins. Which files there are, it does not ask.
import { type FrameInit, filesExt } from "@ferrule/core";
import type { FileInfo } from "../entry";
import { fileFact } from "../file";
import type { Outcome } from "./log";

/** A file that everybody has uploaded. */
export const SIM_FILE: FileInfo = {
  id: "AAECAwQFBgcICQoLDA0ODw",
  name: "plan.png",
  mime: "image/png",
  size: 2_048,
  width: 64,
  height: 32,
};

type Write = (id: string, message: Omit<Extract<FrameInit, { kind: "MSG" }>, "kind">) => Outcome;

export class SimFiles {
  /** Uploads, by name; and pins, as "PUT 7". */
  readonly uploads: { readonly name: string; readonly size: number }[] = [];
  readonly pins: string[] = [];
  /** Answers a request in place of the room. */
  intercept: (url: URL, init: RequestInit) => Response | Promise<Response | undefined> | undefined = () => undefined;

  /** The answer to one of these requests; undefined for all others. */
  async answer(url: URL, init: RequestInit, write: Write): Promise<Response | undefined> {
    const { method = "GET" } = init;
    const pin = /\/messages\/(\d+)\/pin$/.exec(url.pathname);
    const own = method === "POST" && /\/(?:messages|files)$/.exec(url.pathname);
    if (!own && !pin) return undefined;
    const given = await this.intercept(url, init);
    if (given !== undefined) return given;
    if (pin) {
      this.pins.push(`${method} ${pin[1]}`);
      return new Response(null, { status: 204 });
    }
    return url.pathname.endsWith("/files") ? this.#upload(url, init) : post(init, write);
  }

  #upload(url: URL, { body }: RequestInit): Response {
    const file = { ...SIM_FILE, name: url.searchParams.get("name") ?? "", size: (body as Blob).size };
    this.uploads.push({ name: file.name, size: file.size });
    return Response.json(file, { status: 201 });
  }
}

function post({ headers, body }: RequestInit, write: Write): Response {
  const { text, replyTo, files } = JSON.parse(String(body)) as {
    text: string;
    replyTo: number | null;
    files: string[];
  };
  const ext = [filesExt(files.map((id) => fileFact({ ...SIM_FILE, id })))];
  const id = new Headers(headers).get("idempotency-key") ?? "";
  const outcome = write(id, { ext, body: { replyTo: replyTo ?? 0, text } });
  if ("refusal" in outcome) {
    const code = outcome.refusal.toLowerCase();
    return Response.json({ error: { code, message: code } }, { status: outcome.refusal === "CONFLICT" ? 409 : 404 });
  }
  const seq = outcome.entry?.seq ?? 0;
  return Response.json({ seq, ts: seq }, { status: outcome.fresh ? 201 : 200 });
}
