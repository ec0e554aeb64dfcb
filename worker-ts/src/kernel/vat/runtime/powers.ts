// What a vat may ask of its own heap, beside sending messages.
import harden from "@endo/harden";
import type { CapData } from "../../kernel";
import type { Codec } from "./codec";
import type { Imports, Presence } from "./imports";

/** What a vat may ask of its own heap. */
export interface VatPowers {
  /** Lets go of an import; messages to it are refused from now on. */
  release(presence: unknown): void;
  /** Holds an import beyond the call that brought it. */
  keep(presence: unknown): void;
  /** The vat starts anew after this delivery, with its baggage. */
  restartAfterCrank(): void;
  /** The vat ends after this delivery. */
  exitVat(value?: unknown): void;
  /** The vat ends, and this delivery never was. */
  exitVatWithFailure(error: unknown): void;
}

/** What becomes of the vat after the delivery. */
export interface PowersParts {
  readonly imports: Imports;
  readonly codec: Codec;
  exit(failure: boolean, info: CapData): void;
  restart(): void;
}

/** The powers of one incarnation. */
export function makePowers({ imports, codec, exit, restart }: PowersParts): VatPowers {
  const presenceOf = (value: unknown): Presence => {
    const presence = typeof value === "object" && value !== null ? imports.presenceOf(value) : undefined;
    if (presence === undefined) throw TypeError("not an import");
    return presence;
  };
  return harden({
    release: (value: unknown) => imports.release(presenceOf(value)),
    keep: (value: unknown) => {
      const presence = presenceOf(value);
      if (presence.dead) throw Error(`the import was ${presence.dead}`);
      presence.kept = true;
    },
    restartAfterCrank: restart,
    exitVat: (value?: unknown) => exit(false, codec.encode(value)),
    exitVatWithFailure: (error: unknown) => exit(true, codec.encodeReason(error)),
  });
}
