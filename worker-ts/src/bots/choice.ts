// Proof that a choice came by this house's own door: hooks can be resumed by the run's owner, who must not speak for others.

import type { Choice, Chosen } from "../../workflows/room-port";
import { type Bindings, deriveKey, fromBase64url, required, sign, toBase64url, verify } from "../platform";

/** What is signed: for which hook, what, and by whose name. */
const claim = (token: string, choice: Choice, name: string) => JSON.stringify([token, choice, name]);
const keyOf = (env: Bindings) => deriveKey(required(env, "BETTER_AUTH_SECRET"), "ferrule.bots.choice.v1");

/** A choice with its proof. */
export async function chosenBy(env: Bindings, token: string, choice: Choice, name: string): Promise<Chosen> {
  return { choice, name, proof: toBase64url(await sign(await keyOf(env), claim(token, choice, name))) };
}

/** Whether the proof is ours. */
export async function isChosen(env: Bindings, token: string, { choice, name, proof }: Chosen): Promise<boolean> {
  const signature = typeof proof === "string" ? fromBase64url(proof) : null;
  return signature !== null && verify(await keyOf(env), signature, claim(token, choice, name));
}
