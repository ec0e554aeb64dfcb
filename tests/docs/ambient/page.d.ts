// What snippets for browsers and Node take for granted: a room, a view, and parts of somebody's page. A snippet's own names go first.
declare const url: string;
declare const room: import("@ferrule/worker/client").Room;
declare const view: import("@ferrule/worker/client").RoomView;
declare const seq: number;
declare const text: string;
declare const bearer: string;
declare const failed: { readonly clientId: string };
declare const report: { readonly text: string; readonly uuid: string };
declare const header: HTMLElement;
declare const badge: HTMLElement;
declare const box: HTMLInputElement;
declare const retryButton: HTMLButtonElement;
declare const cache: Map<number, unknown>;
declare const db: {
  all<T>(sql: string, ...values: readonly unknown[]): Promise<T[]>;
  run(sql: string, ...values: readonly unknown[]): Promise<void>;
};
declare const database: {
  transaction(
    work: (tx: {
      insert(row: unknown): Promise<void>;
      set(key: string, value: unknown): Promise<void>;
    }) => Promise<void>,
  ): Promise<void>;
};

declare function token(): string | undefined;
declare function signIn(): Promise<void>;
declare function show(...what: readonly unknown[]): void;
declare function draw(messages?: readonly import("@ferrule/worker/client").ViewMessage[]): void;
declare function row(...cells: readonly unknown[]): void;
declare function button(label: unknown, press: () => unknown): void;
declare function showGap(from: number, to: number): void;
declare function answer(message: import("@ferrule/worker/client").Message): Promise<void>;
