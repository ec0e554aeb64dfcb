// The Worker's entry: what workerd calls and which Durable Objects exist; nothing else.
import { app, queue, scheduled } from "./app";

export { RoomObject } from "./app";
export default { fetch: app.fetch, queue, scheduled } satisfies ExportedHandler<Env>;
