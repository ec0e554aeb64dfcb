// The names that the packages, and the doors of the house, hand on: who changes one says so here.
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import * as rules from "./house/rules.ts";
import * as rust from "./house/rust-rules.ts";
import { readTree } from "./house/source.ts";

const house = readTree(fileURLToPath(new URL("..", import.meta.url)));

describe("public lists: who changes one says so here", () => {
  /** Names in lines of at most 100 characters. */
  const lines = (names: readonly string[]): string =>
    names
      .join(", ")
      .replace(/(.{1,100})(?:, |$)/g, "$1\n")
      .trim();
  test("@ferrule/core", () => {
    expect(lines(rules.publicList(house, "rust/wasm/npm/src/api.ts"))).toMatchInlineSnapshot(`
      "ACK_STATUS, CoreError, Crc32, ERROR_CODE, EXT, FEATURE, FLAG, HISTORY_DIRECTION, KIND, LIMIT
      PAGE_FLAG, PERSON_FLAG, PRESENCE_OP, PRESENCE_STATE, REASON, RESET_REASON, ROLE, SYSTEM_EVENT
      TYPING_STATE, WELCOME_OUTCOME, WireError, answerOf, batch, crc32, decode, editedExt, encode
      encodeText, erasedExt, filesExt, findExt, liveHandles, lz4Compress, lz4Decompress, memoryBytes
      readEdited, readErased, readFiles, reasonName, relay, status, type AckBody, type AckFrame
      type AuthRefreshBody, type AuthRefreshFrame, type BatchBody, type BatchFrame, type BodyOf
      type CreditBody, type CreditFrame, type DeleteBody, type DeleteFrame, type EditBody, type EditFrame
      type Edited, type Erased, type ErrorBody, type ErrorFrame, type ErrorName, type Ext, type FileFact
      type Frame, type FrameInit, type FrameInitOf, type FrameOf, type HelloBody, type HelloFrame
      type HistoryPageBody, type HistoryPageFrame, type HistoryReqBody, type HistoryReqFrame
      type KindName, type MsgBody, type MsgFrame, type PeopleBody, type PeopleEntry, type PeopleFrame
      type PeopleReqBody, type PeopleReqFrame, type PresenceBody, type PresenceEntry, type PresenceFrame
      type ReactBody, type ReactFrame, type ReasonName, type ReceiptBody, type ReceiptEntry
      type ReceiptFrame, type ResetBody, type ResetFrame, type Side, type Skip, type SystemBody
      type SystemFrame, type TallyBody, type TallyEntry, type TallyFrame, type TypingBody
      type TypingFrame, type UnreactFrame, type WelcomeBody, type WelcomeFrame, uuidBytes, uuidText"
    `);
  });
  test.each(["init", "node", "web", "workerd", "index"])("@ferrule/core: the entry %s hands on the list", (entry) => {
    const own = rules.publicList(house, `rust/wasm/npm/src/${entry}.ts`);
    // Types are those of index.ts, whatever entry a runtime takes.
    const needed = (name: string) => entry === "index" || !name.startsWith("type ");
    const list = rules.publicList(house, "rust/wasm/npm/src/api.ts").filter(needed);
    expect(list.filter((name) => !own.includes(name))).toEqual([]);
  });
  test("the crate wire", () => {
    expect(lines(rust.publicRustList(house, "rust/wire/src/lib.rs"))).toMatchInlineSnapshot(`
      "Answer, CRC_BYTES, Crc32, EXT, Error, Index, Kind, LZ4, MAGIC, Scratch, Side, VERSION, Writer, crc32
      decode, decode_into, mod batch, mod body, mod crc, mod ext, mod kind, mod limit, mod list, mod lz4
      mod varint, stamp"
    `);
  });
  test("@ferrule/worker/client", () => {
    expect(lines(rules.publicList(house, "worker-ts/src/client/index.ts"))).toMatchInlineSnapshot(`
      "OUTBOX_BYTES_MAX, OUTBOX_ENTRIES_MAX, RoomError, RoomView, SYSTEM_EVENT, TEXT_BYTES_MAX, connect
      explainFrame, guessSide, localOutbox, memoryOutbox, type Author, type ChangeEvent
      type ConnectOptions, type Crowd, type Cursor, type DeleteEvent, type EditEvent, type ErrorEvent
      type Explanation, type Gap, type HistoryQuery, type KeyValueStore, type Message, type MessageEvent
      type OutboxChange, type OutboxEntry, type OutboxEvent, type OutboxStore, type Outgoing, type Page
      type PeopleEvent, type Person, type Platform, type PresenceEvent, type Present, type ReactEvent
      type Reaction, type Reader, type ReceiptEvent, type Refusal, type ResetEvent, type ResetReason
      type Role, type RoleEvent, type Room, type RoomEvent, type RoomEvents, type RoomState, type Row
      type Sent, type Socket, type StateEvent, type StorageListen, type Stored, type SystemEntry
      type SystemEvent, type TappedFrame, type Timer, type TypingEvent, type UnreactEvent
      type ViewMessage, type Wants, type WriteKind"
    `);
  });
  test("@ferrule/worker/rooms", () => {
    expect(lines(rules.publicList(house, "worker-ts/src/rooms/index.ts"))).toMatchInlineSnapshot(`
      "ADMISSION_HEADER, archiveConsumer, deadLetterConsumer, defineRoomObject, encodeAdmission
      roomSettings, type Actor, type Admission, type ArchiveBindings, type ArchiveMessage, type Operation
      type Outcome, type PageAnswer, type PageQuery, type Rate, type Revocation, type RoomConfig
      type RoomObject, type RoomPorts, type RoomSettings, type RoomStats, type StoredMessage
      type TrimmedMessage"
    `);
  });
  test("@ferrule/worker/ws-kit", () => {
    expect(lines(rules.publicList(house, "worker-ts/src/ws-kit/index.ts"))).toMatchInlineSnapshot(`
      "DurablePubSub, WsKitDurableError, createDurableObjectHandler, federate, getShardedDoId
      getShardedStub, rendezvousShard, scopeToDoName, topicToDoName, type AutoResponseLike
      type DurableContext, type DurableIdLike, type DurableKvLike, type DurableNamespaceLike
      type DurableObjectHandler, type DurableRegister, type DurableScope, type DurableScoping
      type DurableSocketLike, type DurableStateLike, type DurableStorageLike, type ErrorCode
      type ErrorPlace, type FederateCall, type FederateOptions, type FederateResult, type FederateResults
      type GlobalOptions, type GlobalResult, type HandlerOptions, type PersistHooks, type Presence
      type PublishFunction, type RegisteredEnv, type RelayAnswer, type RelayMessage, type RelayStub
      type RouterFactory, type RouterLike, type Runtime, type SocketPair, type StandardSocketLike
      type Target, withDurableObject"
    `);
  });
  test("@ferrule/worker/ws-kit/object", () => {
    expect(lines(rules.publicList(house, "worker-ts/src/ws-kit/object.ts"))).toMatchInlineSnapshot(
      `"defineDurableRoom, type DurableRoomMethods, type RoomOptions"`,
    );
  });
  test("@ferrule/worker/ws-kit/als", () => {
    expect(lines(rules.publicList(house, "worker-ts/src/ws-kit/als.ts"))).toMatchInlineSnapshot(`"asyncScope"`);
  });
  test("@ferrule/worker/ws-kit/testing", () => {
    expect(lines(rules.publicList(house, "worker-ts/src/ws-kit/testing/index.ts"))).toMatchInlineSnapshot(`
      "CONTRACT_MESSAGE, FakeDurableState, contractRouter, contractWorld, pubSubContract
      type ContractAdapter, type ContractApi, type ContractClient, type ContractPublishOptions
      type ContractRouter, type ContractWorld, type FakeClient, type FakeClose, type FakeDurableOptions
      type FakeObject, type FakeSocket, type FakeStorage"
    `);
  });
  test("auth, for the house alone", () => {
    expect(lines(rules.publicList(house, "worker-ts/src/auth/index.ts"))).toMatchInlineSnapshot(`
      "findSession, identify, issueTicket, requireAdmin, requireUser, sweep, type Identity, type OnLink
      type OnSessionEnd, type Ticket, type TicketSubject, verifyTicket"
    `);
  });
});
