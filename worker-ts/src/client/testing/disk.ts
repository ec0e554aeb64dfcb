// A localStorage of the simulated world, of one tab or of several.
import { localOutbox } from "../outbox/outbox-store";
import type { KeyValueStore } from "../platform";

/** A localStorage of its own. */
export function storage(): KeyValueStore & { readonly map: Map<string, string> } {
  const map = new Map<string, string>();
  return {
    map,
    get length() {
      return map.size;
    },
    key: (index) => [...map.keys()][index] ?? null,
    getItem: (key) => map.get(key) ?? null,
    setItem: (key, value) => void map.set(key, value),
    removeItem: (key) => void map.delete(key),
  };
}

/** One localStorage of two tabs: each hears what the other one writes. */
export function sharedStorage() {
  const disk = storage();
  const tabs: ((key: string | null) => void)[][] = [];
  const tab = () => {
    const own: ((key: string | null) => void)[] = [];
    tabs.push(own);
    const tell = (key: string) => {
      for (const other of tabs) if (other !== own) for (const listener of other) listener(key);
    };
    const view: KeyValueStore = {
      get length() {
        return disk.length;
      },
      key: (index) => disk.key(index),
      getItem: (key) => disk.getItem(key),
      setItem(key, value) {
        disk.setItem(key, value);
        tell(key);
      },
      removeItem(key) {
        disk.removeItem(key);
        tell(key);
      },
    };
    return localOutbox(view, (listener) => {
      own.push(listener);
      return () => own.splice(own.indexOf(listener), 1);
    });
  };
  return { disk, tabs, tab };
}
