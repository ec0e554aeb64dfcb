// Where members of a room choose: a page that a card's link leads to, and the same for programs. Following a link changes nothing; the
// page asks once more, by a form that only it can have made.
import * as z from "zod";
import { type Choice, type Chosen, choiceToken } from "../../workflows/room-port";
import {
  ApiError,
  asApiError,
  type Bindings,
  type Caller,
  deriveKey,
  ERRORS,
  fromBase64url,
  type Mounted,
  type RawCall,
  type Route,
  readBytes,
  required,
  route,
  sign,
  toBase64url,
  verify,
} from "../platform";
import { chosenBy } from "./choice";
import { type ChoicePages, choicePages } from "./choice-page";

/** What these routes need of others. */
export interface ChoicePorts extends ChoicePages {
  /** The caller's name in a room. Throws when they are no member of it. */
  readonly memberName: (env: Bindings, room: string, caller: Caller) => Promise<string>;
  /** Tells the run behind a hook; false when there is none, or none any more. */
  readonly resume: (call: Pick<RawCall, "env" | "waitUntil">, token: string, chosen: Chosen) => Promise<boolean>;
}

const choice = z.enum(["approve", "reject", "done"]) satisfies z.ZodType<Choice>;
const place = {
  id: z.string().regex(/^[a-z0-9-]{3,48}$/),
  run: z.string().regex(/^wrun_[0-9A-Z]{26}$/),
};
const pagePath = z.object({ ...place, choice });

/** Bytes of the page's form. */
const FORM_BYTES_MAX = 1_024;
/** The form goes to where the page came from, and nothing runs. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'";

type Place = z.output<typeof pagePath>;

/** The routes for programs. */
export function botRoutes(ports: ChoicePorts): readonly Route[] {
  return [
    route(
      {
        method: "POST",
        path: "/api/rooms/:id/choices/:run",
        summary:
          "Answers a bot's card in a room: approves or rejects a request, or is done with a reminder. For members.",
        access: "user",
        params: z.object(place),
        body: z.strictObject({ choice }),
        answers: { 202: null },
        errors: ["not_found", "forbidden", "banned"],
      },
      async ({ env, caller, params, body, waitUntil }) => {
        await choose(ports, { env, waitUntil }, caller, { ...params, choice: body.choice });
        return { status: 202, body: null };
      },
    ),
  ];
}

/** The pages for people. */
export function botPages(ports: ChoicePorts): readonly Mounted[] {
  const path = "/choices/:id/:run/:choice";
  const pages = choicePages(ports);
  const answering = async (call: RawCall, work: (place: Place, caller: Caller) => Promise<string>) => {
    try {
      const read = pagePath.safeParse(call.params);
      if (!read.success) throw new ApiError("not_found", "there is no such card");
      if (call.caller === null) throw new ApiError("unauthenticated", "sign in first, then follow the link again");
      return html(await work(read.data, call.caller));
    } catch (thrown) {
      const error = asApiError(thrown);
      if (error.code === "internal") throw thrown;
      return html(pages.refused(error.message), error);
    }
  };
  return [
    {
      ...{ method: "GET", path, access: "anyone", guarded: false },
      serve: (call) =>
        answering(call, async (at, caller) => {
          await ports.memberName(call.env, at.id, caller);
          return pages.question(at.choice, at.id, await formToken(call.env, caller, at));
        }),
    },
    {
      // a browser sends this form with the origin "null", because pages of the house send no referrer: the token stands for it
      ...{ method: "POST", path, access: "anyone", guarded: false },
      serve: (call) =>
        answering(call, async (at, caller) => {
          const form = new URLSearchParams(new TextDecoder().decode(await readBytes(call.request, FORM_BYTES_MAX)));
          if (!(await isFormToken(call.env, caller, at, form.get("token") ?? "")))
            throw new ApiError("forbidden", "this form is not ours, or old: follow the link again");
          await choose(ports, call, caller, at);
          return pages.taken(at.choice, at.id);
        }),
    },
  ];
}

/** Tells the run what a member has chosen. */
async function choose(
  ports: ChoicePorts,
  call: Pick<RawCall, "env" | "waitUntil">,
  caller: Caller,
  at: Place,
): Promise<void> {
  const name = await ports.memberName(call.env, at.id, caller);
  const token = choiceToken(at.id, at.run);
  const chosen = await chosenBy(call.env, token, at.choice, name);
  if (!(await ports.resume(call, token, chosen)))
    throw new ApiError("not_found", "there is nothing to choose any more, or there never was");
}

const formKey = (env: Bindings) => deriveKey(required(env, "BETTER_AUTH_SECRET"), "ferrule.bots.form.v1");
const formText = ({ sessionId }: Caller, { id, run, choice }: Place) => JSON.stringify([sessionId, id, run, choice]);

async function formToken(env: Bindings, caller: Caller, at: Place): Promise<string> {
  return toBase64url(await sign(await formKey(env), formText(caller, at)));
}

async function isFormToken(env: Bindings, caller: Caller, at: Place, token: string): Promise<boolean> {
  const signature = fromBase64url(token);
  return signature !== null && verify(await formKey(env), signature, formText(caller, at));
}

const html = (body: string, error?: ApiError): Response =>
  new Response(body, {
    status: error === undefined ? 200 : ERRORS[error.code],
    headers: { "content-type": "text/html; charset=utf-8", "content-security-policy": POLICY },
  });
