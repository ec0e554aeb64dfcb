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
      TYPING_STATE, WELCOME_OUTCOME, WireError, answerOf, batch, crc32, createCrc32, decode, editedExt
      encode, encodeText, erasedExt, filesExt, findExt, liveHandles, lz4Compress, lz4Decompress
      memoryBytes, readEdited, readErased, readFiles, reasonName, relay, status, type AckBody
      type AckFrame, type AuthRefreshBody, type AuthRefreshFrame, type BatchBody, type BatchFrame
      type BodyOf, type Crc32Sum, type CreditBody, type CreditFrame, type DeleteBody, type DeleteFrame
      type EditBody, type EditFrame, type Edited, type Erased, type ErrorBody, type ErrorFrame
      type ErrorName, type Ext, type FileFact, type Frame, type FrameInit, type FrameInitOf, type FrameOf
      type HelloBody, type HelloFrame, type HistoryPageBody, type HistoryPageFrame, type HistoryReqBody
      type HistoryReqFrame, type KindName, type MsgBody, type MsgFrame, type PeopleBody, type PeopleEntry
      type PeopleFrame, type PeopleReqBody, type PeopleReqFrame, type PresenceBody, type PresenceEntry
      type PresenceFrame, type ReactBody, type ReactFrame, type ReasonName, type ReceiptBody
      type ReceiptEntry, type ReceiptFrame, type ResetBody, type ResetFrame, type Side, type Skip
      type SystemBody, type SystemFrame, type TallyBody, type TallyEntry, type TallyFrame, type TypingBody
      type TypingFrame, type UnreactFrame, type WelcomeBody, type WelcomeFrame, uuidBytes, uuidText"
    `);
  });
  test.each(
    ["", "kernel/", "chunk/"].flatMap((module) =>
      ["init", "node", "web", "workerd", "index"].map((entry) => [module, entry]),
    ),
  )("@ferrule/core: the entry %s%s hands on the list", (module, entry) => {
    const own = rules.publicList(house, `rust/wasm/npm/src/${module}${entry}.ts`);
    // Types are those of index.ts, whatever entry a runtime takes.
    const needed = (name: string) => entry === "index" || !name.startsWith("type ");
    const list = rules.publicList(house, `rust/wasm/npm/src/${module}api.ts`).filter(needed);
    expect(list.filter((name) => !own.includes(name))).toEqual([]);
  });
  test("@ferrule/core/kernel", () => {
    expect(lines(rules.publicList(house, "rust/wasm/npm/src/kernel/api.ts"))).toMatchInlineSnapshot(`
      "CoreError, KERNEL_FAULT, KernelFault, KernelLoader, KernelMachine, faultName, liveHandles
      type KernelFaultName, type MachineBatch, type MachineOutput"
    `);
  });
  test("@ferrule/core/chunk", () => {
    expect(lines(rules.publicList(house, "rust/wasm/npm/src/chunk/api.ts"))).toMatchInlineSnapshot(`
      "CHUNK_FAULT, CHUNK_LIMIT, ChunkFault, CoreError, RecordReader, RecordWriter, Segment, SegmentBuilder
      StreamIndex, faultName, liveHandles, type ChunkBatch, type ChunkFaultName, type SealedSegment
      type SegmentEntry"
    `);
  });
  test("the crate kernel", () => {
    expect(lines(rust.publicRustList(house, "rust/kernel/src/lib.rs"))).toMatchInlineSnapshot(`
      "Error, KernelMachine, Reason, mod capdata, mod entry, mod input, mod limit, mod output, mod refs
      mod snapshot, mod text"
    `);
  });
  test("the crate chunk", () => {
    expect(lines(rust.publicRustList(house, "rust/chunk/src/lib.rs"))).toMatchInlineSnapshot(`
      "Chunks, Entry, Error, Pushed, Record, RecordReader, RecordWriter, Sealed, Segment, SegmentBuilder
      StreamIndex, mod limit"
    `);
  });
  test("the crate crc", () => {
    expect(lines(rust.publicRustList(house, "rust/crc/src/lib.rs"))).toMatchInlineSnapshot(
      `"Crc32, SHIFTED_BYTES_MIN, crc32, extend, shift"`,
    );
  });
  test("the crate wire", () => {
    expect(lines(rust.publicRustList(house, "rust/wire/src/lib.rs"))).toMatchInlineSnapshot(`
      "Answer, CRC_BYTES, EXT, Error, Index, Kind, LZ4, MAGIC, Scratch, Side, VERSION, Writer, decode
      decode_into, mod batch, mod body, mod ext, mod kind, mod limit, mod list, mod lz4, mod varint, stamp"
    `);
  });
  test("@ferrule/worker/client", () => {
    expect(lines(rules.publicList(house, "worker-ts/src/client/index.ts"))).toMatchInlineSnapshot(`
      "OUTBOX_BYTES_MAX, OUTBOX_ENTRIES_MAX, RoomError, RoomView, SYSTEM_EVENT, TEXT_BYTES_MAX, connect
      explainFrame, guessSide, localOutbox, memoryOutbox, type Author, type ChangeEvent
      type ConnectOptions, type Crowd, type Cursor, type DeleteEvent, type EditEvent, type ErrorEvent
      type Explanation, type FileInfo, type Gap, type HistoryQuery, type KeyValueStore, type Message
      type MessageEvent, type OutboxChange, type OutboxEntry, type OutboxEvent, type OutboxStore
      type Outgoing, type Page, type PeopleEvent, type Person, type Platform, type PresenceEvent
      type Present, type ReactEvent, type Reaction, type Reader, type ReceiptEvent, type Refusal
      type ResetEvent, type ResetReason, type Role, type RoleEvent, type Room, type RoomEvent
      type RoomEvents, type RoomState, type Row, type SendOptions, type Sent, type Socket, type StateEvent
      type StorageListen, type Stored, type SystemEntry, type SystemEvent, type TappedFrame, type Timer
      type TypingEvent, type UnreactEvent, type ViewMessage, type Wants, type WriteKind"
    `);
  });
  test("@ferrule/worker/rooms", () => {
    expect(lines(rules.publicList(house, "worker-ts/src/rooms/index.ts"))).toMatchInlineSnapshot(`
      "ADMISSION_HEADER, archiveConsumer, deadLetterConsumer, defineRelayObject, defineRoomObject
      encodeAdmission, enterRoom, roomSettings, type Actor, type Admission, type ArchiveBindings
      type ArchiveMessage, type HeardEntry, type Operation, type Outcome, type PageAnswer, type PageQuery
      type Rate, type RelayObject, type RelayPorts, type Revocation, type RoomConfig, type RoomObject
      type RoomPorts, type RoomSettings, type RoomStats, type StoredMessage, type TrimmedMessage"
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
  test("@ferrule/worker/kernel", () => {
    expect(lines(rules.publicList(house, "worker-ts/src/kernel/index.ts"))).toMatchInlineSnapshot(`
      "KernelError, KernelObject, defineKernelObject, defineService, defineVat, kernelRoutes
      makeD1KernelDatabase, makeD1KernelStore, makeDurableKernelStore, makeKernel, makeKernelClient
      makeMemoryKernelStore, type Baggage, type BuildRootObject, type CapData, type ClusterConfig
      type CommitOutcome, type Kernel, type KernelDatabase, type KernelEnv, type KernelErrorCode
      type KernelGraph, type KernelOptions, type KernelPorts, type KernelRoutesOptions, type KernelStatus
      type KernelStep, type KernelStore, type Kref, type LaunchResult, type LocalKernel, type Once
      type Row, type Service, type ServiceContext, type ServiceMethod, type StoreBatch, type VatBundle
      type VatConfig, type VatPowers"
    `);
  });
  test("@ferrule/worker/workflow", () => {
    expect(lines(rules.publicList(house, "worker-ts/src/workflow/index.ts"))).toMatchInlineSnapshot(`
      "RunObject, StreamObject, adoptRuns, configureWorkflows, countOpenRuns, createCloudflareWorld
      createWorld, deploymentId, forgetOwners, getScope, handleDeadLetterBatch, handleQueueBatch
      handleQueueMessage, handleScheduled, ownerOfRun, reserveRun, type CloudflareEnv
      type CompiledWorkflows, type Scope, type StaleAges, type StartOptions, type WatchdogOptions
      type WorkflowSettings, type Workflows, withWorkflows"
    `);
  });
  test("auth, for the house alone", () => {
    expect(lines(rules.publicList(house, "worker-ts/src/auth/index.ts"))).toMatchInlineSnapshot(`
      "countUse, countUsers, disableUser, endSessions, findProfile, findProfiles, findSession, findUser
      identify, isActive, issueTicket, listSessions, listUsers, personName, removeUser, renameUser
      requireAdmin, requireUser, setAvatarUrl, sweep, type Identity, type OnLink, type OnSessionEnd
      type Profile, type Ticket, type TicketSubject, type UserRecord, type UsersPage, verifyTicket"
    `);
  });
});
