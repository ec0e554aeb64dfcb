// Calls of somebody whose session may end meanwhile: then it is looked who is there, and the way in is shown. Pure.
import { ApiError } from "../../api/call";

/** Waits for a call, and hands on what it gives or throws. */
export type Ask = <T>(call: Promise<T>) => Promise<T>;

/** @param onNobody is told of each call that was refused because nobody is signed in (any more). */
export function askingFor(onNobody: () => void): Ask {
  return async (call) => {
    try {
      return await call;
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) onNobody();
      throw error;
    }
  };
}
