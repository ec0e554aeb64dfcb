// The door of bots: what commands in a chat box start, and how steps of workflows reach rooms.
export { isChosen } from "./choice";
export { type CommandPorts, handleMessage, type Message } from "./commands";
export { mayBeCommand } from "./grammar";
