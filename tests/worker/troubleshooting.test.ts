// What docs/troubleshooting.md quotes of workerd is what workerd says.
import { expect, it, vi } from "vitest";
import page from "../../docs/troubleshooting.md?raw";
import { archiveConsumer } from "../../worker-ts/src/rooms";

/** The quotation, which the page has to have. */
function quoted(text: string): string {
  expect(page).toContain(`\`${text}\``);
  return text;
}

it("TD19 a consumer whose D1 is not bound fails by that text, and the message comes again", async () => {
  const told: string[] = [];
  const spy = vi.spyOn(console, "error").mockImplementation((line: string) => void told.push(line));
  const retry = vi.fn();
  const message = { id: "1", timestamp: new Date(), body: {}, attempts: 1, ack: vi.fn(), retry };
  const batch = { queue: "q", messages: [message], ackAll: vi.fn(), retryAll: vi.fn(), metadata: {} };
  await archiveConsumer(batch as unknown as MessageBatch, {} as Env);
  spy.mockRestore();
  expect(told.join("\n")).toContain(quoted("Cannot read properties of undefined (reading 'prepare')"));
  expect(retry).toHaveBeenCalledOnce();
});

it("TD19 WebAssembly from bytes is refused by that text", async () => {
  const empty = new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  // workerd's types leave it out, as nobody can use it
  const { compile } = WebAssembly as unknown as { compile(bytes: Uint8Array): Promise<unknown> };
  await expect(compile(empty)).rejects.toThrow(quoted("Wasm code generation disallowed by embedder"));
});
