// What the room says about itself and about the user in it: title, role, slow mode. Pure.
import { SYSTEM_EVENT, type WelcomeBody } from "@ferrule/core";
import type { Role, SystemEntry } from "../entry";
import { toHex } from "../hex";

const ROLES: readonly Role[] = ["member", "moderator", "owner"];

/** As of the newest frame that said anything about it. */
export class Facts {
  #welcome: WelcomeBody | undefined;
  #role: Role | undefined;
  #title: string | undefined;
  #slowModeMs = 0;

  /** The user's own ref; 0 before the first connection. */
  get selfRef(): number {
    return this.#welcome?.selfRef ?? 0;
  }

  /** The epoch of the log, as hex digits; null before the first connection. */
  get epoch(): string | null {
    return this.#welcome === undefined ? null : toHex(this.#welcome.epoch);
  }

  get role(): Role | undefined {
    return this.#role;
  }

  get title(): string | undefined {
    return this.#title;
  }

  get slowModeMs(): number {
    return this.#slowModeMs;
  }

  handleWelcome(body: WelcomeBody): void {
    this.#welcome = body;
    this.#title = body.title;
    this.#slowModeMs = body.slowModeMs;
  }

  /** Whether the user has another role now than the one known before. */
  handleRole(number: number): boolean {
    const before = this.#role;
    this.#role = ROLES[number - 1];
    return before !== undefined && this.#role !== before;
  }

  /** Entries that WELCOME already counted with are replayed, and say what was true then. */
  handleSystem({ seq, event, text }: SystemEntry): void {
    if (seq <= (this.#welcome?.headSeq ?? 0)) return;
    if (event === SYSTEM_EVENT.TITLE) this.#title = text;
    else if (event === SYSTEM_EVENT.SLOW_MODE) this.#slowModeMs = Number(text) || 0;
  }
}
