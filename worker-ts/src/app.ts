// Composition: which parts there are, how they are mounted, and what one of them is handed of another. No logic of any part.
import { status } from "@ferrule/core";
import { HookNotFoundError } from "@workflow/errors";
import { version } from "../package.json";
import "../vats";
import { workflows } from "../workflows/generated/index.mjs";
import { setRoomPort } from "../workflows/room-port";
import { type Consumer, makeQueue, makeScheduled } from "./app/background";
import { type Gates, makeHttp } from "./app/http";
import { type OnLink, sweep } from "./auth";
import { authRoutes } from "./auth/routes";
import {
  type BackupPorts,
  type CopyAnswer,
  type CopyCall,
  copyStorage,
  makeBackupRoutes,
  noteKernel,
  refusalWhile,
  refuseWhileRestoring,
  standsStill,
  sweepBackups,
} from "./backup/routes";
import { handleMessage, isChosen, mayBeCommand } from "./bots";
import { botPages, botRoutes, type ChoicePorts } from "./bots/routes";
import { defineKernelObject } from "./kernel";
import { kernelApiRoutes } from "./kernel/routes";
import { escapeHtml, htmlPage, pageRoutes } from "./pages/routes";
import { type Bindings, countRoom, logFailure, type Mounted, now, openApiDocument, type Route } from "./platform";
import { platformRoutes } from "./platform/routes";
import { archiveConsumer, deadLetterConsumer, defineRelayObject, defineRoomObject, type HeardEntry } from "./rooms";
import {
  adoptGuest,
  askerName,
  choreConsumer,
  closeSession,
  eraseAgain,
  forgetUsers,
  isMember,
  memberName,
  noteAdmin,
  noteDoing,
  postAs,
  provideLobby,
  ROOM_SCHEMA,
  readFor,
  recordDeadLetter,
  refreshAdmission,
  refreshListing,
  retireEpoch,
  roomRoutes,
  sweepChores,
  sweepRooms,
} from "./rooms/routes";
import {
  adoptRuns,
  configureWorkflows,
  forgetOwners,
  getScope,
  handleDeadLetterBatch,
  handleQueueBatch,
  handleScheduled,
  ownerOfRun,
  reserveRun,
  StreamObject as WorkflowStream,
  withWorkflows,
} from "./workflow";
import { workflowPages, workflowRoutes } from "./workflow/routes";

/** The rooms' Durable Object. */
export class RoomObject extends defineRoomObject({
  refresh: (env, roomId, ticket) => refreshAdmission(env as Bindings, roomId, ticket),
  counted: (env, roomId, counts) => countRoom(env as Bindings, roomId, counts),
  heeds: mayBeCommand,
  onEntry: (env, entry) => hearMessage(env as Bindings, entry),
}) {
  /** What a backup asks of it. */
  copy(call: CopyCall): CopyAnswer {
    return copyStorage(this.ctx.storage, call);
  }
}

/** Those that hold sockets of a room that outgrows one object. */
export class RelayObject extends defineRelayObject() {}

/** The kernels' Durable Object. */
export class KernelObject extends defineKernelObject({
  started: (env, name, store) => noteKernel(env as Bindings, name, store),
}) {
  /** What a backup asks of it. */
  copy(call: CopyCall): CopyAnswer {
    return copyStorage(this.ctx.storage, call);
  }
}

/** The streams' Durable Object. */
export class StreamObject extends WorkflowStream {
  /** What a backup asks of it. */
  copy(call: CopyCall): CopyAnswer {
    return copyStorage(this.ctx.storage, call);
  }
}

configureWorkflows({
  workflows,
  // whoever sees a run's card in a room may follow its link
  maySee: async (env, { attributes: { room } }, userId) =>
    room !== undefined && (await isMember(env as Bindings, room, userId)),
  versionId: (env) => (env as Bindings).CF_VERSION_METADATA.id,
  url: (env) => (env as Bindings).BETTER_AUTH_URL,
  note: (env, actorId, runId) => noteDoing(env as Bindings, actorId, "wake_run", { runId }),
  record: (env, letter) => recordDeadLetter((env as Bindings).DB, { ...letter, queue: "ferrule-workflow" }),
});

/** Work behind a call that has no place for it. */
const DETACHED = {
  waitUntil(work: Promise<unknown>) {
    work.catch((thrown: unknown) => logFailure("go on behind a call", thrown));
  },
};

/** For reads of workflows that are no invocation of theirs. */
const outsidePorts = ({ WORKFLOW_DB: db }: Bindings) => ({ db, spend: () => undefined });

/** A message of a room may start a workflow; a room tells of it until this resolves. */
function hearMessage(env: Bindings, message: HeardEntry): Promise<void> {
  return handleMessage(
    {
      answer: (post) => postAs(env, post),
      reserve: (ownerId, max) => reserveRun(outsidePorts(env), ownerId, max),
      async start({ name, args, ownerId, key }, before) {
        await withWorkflows(env, DETACHED, ({ startByName }) => startByName(name, args, { key, before }), { ownerId });
      },
    },
    message,
  );
}

/** A guest became a user, who has the guest's rooms, words and runs from then on. */
const adoptAll: OnLink = async (env, guestId, user) => {
  await adoptGuest(env, guestId, user);
  await adoptRuns(outsidePorts(env), guestId, user.id);
};

/** The environment of the step that runs here. */
const stepsEnv = (): Bindings => getScope().env as Bindings;

/** Whose a run is, by its row: whoever resumed it is not. What belongs to nobody may do nothing in rooms. */
async function ownerOf(runId: string): Promise<string> {
  const spend = (statements: number) => getScope().budget.spend(statements);
  return (await ownerOfRun({ db: stepsEnv().WORKFLOW_DB, spend }, runId)) ?? "";
}

/** Where people find the Worker; nothing when nobody has said, and the page finds the paths by itself. */
const siteOf = ({ BETTER_AUTH_URL: url }: Bindings): string => (url ? new URL(url).origin : "");

setRoomPort({
  asker: async ({ runId, room }) => askerName(stepsEnv(), room, await ownerOf(runId)),
  post: async ({ runId, replyTo, edit, ...post }) =>
    postAs(stepsEnv(), {
      ...post,
      for: await ownerOf(runId),
      ...(replyTo !== undefined && { replyTo }),
      ...(edit !== undefined && { edit }),
    }),
  async read({ runId, room, before }) {
    const page = await readFor(stepsEnv(), { room, before, for: await ownerOf(runId), limit: 200 });
    if (!page.ok) return page;
    const messages = page.messages.map(({ seq, ts, author: { userId, name, bot = false }, text }) => {
      return { seq, ts, userId, name, bot, text };
    });
    return { ok: true, messages, more: page.more };
  },
  runLink: (runId) => `${siteOf(stepsEnv())}/runs/${runId}`,
  choiceLink: (room, runId, choice) => `${siteOf(stepsEnv())}/choices/${room}/${runId}/${choice}`,
  isChosen: (token, chosen) => isChosen(stepsEnv(), token, chosen),
});

const choicePorts: ChoicePorts = {
  htmlPage,
  escapeHtml,
  memberName,
  resume: ({ env, waitUntil }, token, chosen) =>
    withWorkflows(env, { waitUntil }, async ({ resumeHook }) => {
      try {
        await resumeHook(token, chosen);
        return true;
      } catch (thrown) {
        if (HookNotFoundError.is(thrown)) return false;
        throw thrown;
      }
    }),
};

/** What backups need of the house. */
const backupPorts: BackupPorts = {
  room: (env, id) => {
    const stub = env.ROOM.getByName(id);
    return {
      copy: async (call) => stub.copy(call),
      async emptied(turn) {
        // first: what it has told the archive must not come behind what is told anew
        const epoch = await stub.ending(turn);
        if (epoch !== null) await retireEpoch(env.DB, id, epoch, now());
        await stub.emptied(turn);
      },
      restored: async (erased) => stub.restored([...erased]),
      clear: () => stub.clear(),
      headSeq: async () => (await stub.stats()).headSeq,
    };
  },
  kernel: (env, name) => {
    const stub = env.KERNEL.getByName(name);
    return {
      copy: async (call) => stub.copy(call),
      emptied: (turn) => stub.emptied(turn),
      restored: () => stub.restored(),
      clear: () => stub.clear(),
    };
  },
  stream: (env, name) => {
    const stub = env.WORKFLOW_STREAM.getByName(name);
    return {
      copy: async (call) => stub.copy(call),
      emptied: (turn) => stub.emptied(turn),
      restored: () => stub.restored(),
      clear: () => stub.clear(),
    };
  },
  roomSchema: ROOM_SCHEMA,
  note: (env, caller, action, detail) => noteAdmin(env, caller, action, { ...detail }),
  erase: eraseAgain,
  relist: async (env) => {
    await provideLobby(env);
    await refreshListing(env);
  },
  revive: async (env) => {
    await handleScheduled(env, DETACHED, { all: true });
    await sweepChores(env, 0);
  },
};

const backupApi = makeBackupRoutes(backupPorts);

/** Every route of the API. */
export const routes: readonly Route[] = [
  ...platformRoutes({ version, core: () => status().version, routes: () => routes }),
  ...authRoutes({ onLink: adoptAll, onSessionEnd: closeSession }),
  ...roomRoutes,
  ...botRoutes(choicePorts),
  ...kernelApiRoutes,
  ...workflowRoutes,
  ...backupApi,
];

/** Every page. */
export const pages: readonly Mounted[] = [
  ...botPages(choicePorts),
  ...pageRoutes({
    links: [
      { group: "Ferrule", title: "Chat", href: "/", line: "Rooms in real time; open it in two windows." },
      { group: "Ferrule", title: "Kernel", href: "/kernel", line: "Vats, objects and references, live; for admins." },
      { group: "Ferrule", title: "Operations", href: "/operations", line: "What goes on, and mending it; for admins." },
      { group: "Ferrule", title: "Workflows", href: "/workflows", line: "Durable runs: start one and watch it." },
      {
        group: "For programs",
        title: "Documentation",
        href: "/docs/",
        line: "Tutorial, how-tos, reference, explanations.",
      },
      { group: "For programs", title: "API", href: "/docs/api", line: "Every route of the API, to be read." },
      {
        group: "For programs",
        title: "OpenAPI",
        href: "/openapi.json",
        line: "The same for programs, as OpenAPI 3.1.",
      },
      { group: "For programs", title: "Health", href: "/api/health", line: "Whether the Worker and its core run." },
      {
        group: "For programs",
        title: "Kernel demo",
        href: "/kernel/demo",
        line: "A kernel on D1 that counts requests.",
      },
    ],
    api: (origin) => openApiDocument(routes, { title: "Ferrule", version }, origin),
  }),
  ...workflowPages,
];

/** Every request waits for a restore, and says so. */
const gates: Gates = {
  // itself, what admins look at, and what is read without signing in are not held off
  async holdOff(env, { method }, route) {
    const isReading = method === "GET" || method === "HEAD";
    if (isReading && (route.access === "admin" || route.access === "public")) return;
    if (!backupApi.some((own) => own === route)) await refuseWhileRestoring(env);
  },
  // admins see a refusal as it is
  told: async (env, request, { access }, thrown) => (access === "admin" ? thrown : refusalWhile(env, request, thrown)),
};

/** The Worker's HTTP side around these. */
export const makeApp = (mounted: readonly Mounted[]): ReturnType<typeof makeHttp> => makeHttp(mounted, gates);

/** The app that is served. */
export const app = makeApp([...routes, ...pages]);

/** Work by the clock. */
export const scheduled: ReturnType<typeof makeScheduled> = makeScheduled(
  {
    "* * * * *": async (env, ctx) => {
      await Promise.all([handleScheduled(env, ctx), sweepBackups(env, backupPorts)]);
    },
    "17 3 * * *": async (env) => {
      await sweepRooms(env);
      await sweep(env, async (userIds) => {
        await forgetUsers(env, userIds);
        await forgetOwners(env, userIds);
      });
    },
  },
  standsStill,
);

/** Consumers by queue name; each but the workflows' awaits all its work before it acknowledges anything. */
const CONSUMERS: Readonly<Record<string, Consumer>> = {
  "ferrule-archive": archiveConsumer,
  "ferrule-archive-dead": deadLetterConsumer("ferrule-archive"),
  "ferrule-chores": (batch, env) => choreConsumer(batch, env, { forget: (_, userId) => forgetOwners(env, [userId]) }),
  "ferrule-workflow": handleQueueBatch,
  "ferrule-workflow-dead": handleDeadLetterBatch,
};

/**
 * What these are told during a restore is of the time before it, and D1 has not what they would look for; at its end every run and every
 * chore is woken. Messages of rooms say themselves which log they are of.
 */
const SAID_AGAIN = ["ferrule-chores", "ferrule-workflow", "ferrule-workflow-dead"];

/** Batches of queues. */
export const queue: Consumer = makeQueue(CONSUMERS, SAID_AGAIN, standsStill);
