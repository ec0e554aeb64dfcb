// How the parts of the pages call: where a call says that nobody is signed in (any more), the frame looks who is.
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { type Ask, askingFor } from "./model/asking";

const Asking = createContext<Ask>(askingFor(() => undefined));

/** The frame says what is to be done. */
export const AskProvider = Asking.Provider;

export const useAsk = (): Ask => useContext(Asking);
