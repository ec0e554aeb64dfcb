// The extensions of v1 (PROTOCOL.md section 7): typed readers and writers of their values. Unknown ones stay bytes.
import { beginExt, nextRow, readExt } from "../../generated/ferrule.js";
import { LIMIT } from "../constant/limit.js";
import { REASON } from "../constant/reason.js";
import { EXT } from "../constant/vocabulary.js";
import { arenas, endFacts, fill, recover } from "../core/instance.js";
import { SLOT } from "../core/slot.js";
import { readText } from "../core/text.js";
import type { Ext, Frame } from "./frame.js";
import { finish, putBytes, putList, putText, putVarint } from "./put.js";
import { WireError } from "./wire-error.js";

/** EDITED: the seq and time (ms) of the last edit. */
export interface Edited {
  readonly editSeq: number;
  readonly editTs: number;
}

/** ERASED: the seq and time (ms) of the erasing, and the ref of who did it. */
export interface Erased {
  readonly deleteSeq: number;
  readonly deleteTs: number;
  readonly by: number;
}

/** One of FILES. `fileId` has 16 bytes, `size` counts bytes; width and height are pixels, 0 = no picture. */
export interface FileFact {
  readonly fileId: Uint8Array;
  readonly name: string;
  readonly mime: string;
  readonly size: number;
  readonly width: number;
  readonly height: number;
}

/** The extension of a type (EXT), or undefined. */
export function findExt(frame: Pick<Frame, "ext">, type: number): Ext | undefined {
  return frame.ext.find((ext) => ext.type === type);
}

/** Has the core read a value: the slots of its facts, or undefined when `ext` is not of `type`. */
function read(ext: Ext | undefined, type: number): Float64Array | undefined {
  if (ext === undefined || ext.type !== type) return undefined;
  if (ext.bytes.length > LIMIT.EXT_BYTES_MAX) throw new WireError(REASON.bad_ext);
  const answer = readExt(type, fill(ext.bytes));
  if (answer < 0) throw new WireError(-answer);
  return arenas().entry;
}

function guarded<T>(call: () => T): T {
  try {
    return call();
  } catch (error) {
    throw recover(error);
  }
}

/** The facts of an EDITED extension; undefined when `ext` is none. Throws WireError when its value is malformed. */
export function readEdited(ext: Ext | undefined): Edited | undefined {
  return guarded(() => {
    const slots = read(ext, EXT.EDITED);
    return slots && { editSeq: slots[SLOT.NUMBER]!, editTs: slots[SLOT.NUMBER + 1]! };
  });
}

/** The facts of an ERASED extension; undefined when `ext` is none. Throws WireError when its value is malformed. */
export function readErased(ext: Ext | undefined): Erased | undefined {
  return guarded(() => {
    const slots = read(ext, EXT.ERASED);
    return (
      slots && {
        deleteSeq: slots[SLOT.NUMBER]!,
        deleteTs: slots[SLOT.NUMBER + 1]!,
        by: slots[SLOT.NUMBER + 2]!,
      }
    );
  });
}

/** The files of a FILES extension; undefined when `ext` is none. Throws WireError when its value is malformed. */
export function readFiles(ext: Ext | undefined): FileFact[] | undefined {
  return guarded(() => {
    const slots = read(ext, EXT.FILES);
    if (slots === undefined) return undefined;
    const { input } = arenas();
    const files: FileFact[] = [];
    while (nextRow() !== 0) {
      const at = slots[SLOT.BYTES_AT]!;
      files.push({
        fileId: input.slice(at, at + 16),
        name: readText(input, slots[SLOT.TEXT_AT]!, slots[SLOT.TEXT_BYTES]!),
        mime: readText(input, slots[SLOT.SECOND_AT]!, slots[SLOT.SECOND_BYTES]!),
        size: slots[SLOT.NUMBER]!,
        width: slots[SLOT.NUMBER + 1]!,
        height: slots[SLOT.NUMBER + 2]!,
      });
    }
    return files;
  });
}

function write(type: number, put: () => void): Ext {
  return guarded(() => {
    endFacts();
    beginExt(type);
    put();
    const bytes = finish();
    if (bytes.length > LIMIT.EXT_BYTES_MAX) throw new WireError(REASON.bad_ext);
    return { type, bytes };
  });
}

/** An EDITED extension. Throws WireError when a number is none of the protocol's. */
export function editedExt({ editSeq, editTs }: Edited): Ext {
  return write(EXT.EDITED, () => {
    putVarint(editSeq);
    putVarint(editTs);
  });
}

/** An ERASED extension. Throws WireError when a number is none of the protocol's. */
export function erasedExt({ deleteSeq, deleteTs, by }: Erased): Ext {
  return write(EXT.ERASED, () => {
    putVarint(deleteSeq);
    putVarint(deleteTs);
    putVarint(by);
  });
}

/** A FILES extension. Throws WireError bad_ext when it is over EXT_BYTES_MAX or a name or mime over its limit. */
export function filesExt(files: readonly FileFact[]): Ext {
  return write(EXT.FILES, () => {
    putList(files, (file) => {
      putBytes(file.fileId);
      putText(file.name);
      putText(file.mime);
      putVarint(file.size);
      putVarint(file.width);
      putVarint(file.height);
    });
  });
}
