// The Worker's entry: what workerd calls and which Durable Objects exist; nothing else.
import { app, queue, scheduled } from "./app";

export { KernelObject, RelayObject, RoomObject, StreamObject } from "./app";
export { RunObject } from "./workflow";
export default { fetch: app.fetch, queue, scheduled } satisfies ExportedHandler<Env>;
