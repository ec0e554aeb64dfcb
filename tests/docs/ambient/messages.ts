// Messages that snippets for ws-kit take for granted.
import { message, z } from "@ws-kit/zod";

export const Announce = message("ANNOUNCE", { text: z.string() });
export const Announced = message("ANNOUNCED", { text: z.string() });
