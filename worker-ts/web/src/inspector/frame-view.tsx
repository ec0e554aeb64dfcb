// One frame: its bytes and its fields side by side. A field that is pointed at lights up its bytes, and the other way round.
import { useMemo, useState } from "preact/hooks";
import { type Explanation, explainFrame, type Row } from "../../../src/client";
import type { Recorded } from "./recorder";

/** What is drawn of a large frame: fields, and bytes. All of it is in `ferrule inspect`. */
const ROWS_SHOWN_MAX = 400;
const BYTES_SHOWN_MAX = 2048;
const LETTERS_SHOWN_MAX = 200;

const shorten = (text: string) => (text.length > LETTERS_SHOWN_MAX ? `${text.slice(0, LETTERS_SHOWN_MAX)}…` : text);

/** The bytes, each field's in a span of its own. */
function Bytes(props: {
  readonly rows: readonly Row[];
  readonly lit: Row | undefined;
  readonly onLight: (row: Row) => void;
}) {
  let shown = 0;
  const rows = props.rows.filter(({ bytes }) => {
    shown += bytes.length / 2;
    return shown <= BYTES_SHOWN_MAX || shown === bytes.length / 2;
  });
  return (
    <p class="frame-bytes" aria-hidden="true">
      {rows.map((row) => (
        <span
          key={row.offset}
          class={`${row === props.lit ? "lit" : ""}${row.fault === undefined ? "" : " bad"}`}
          onPointerEnter={() => props.onLight(row)}
        >
          {(row.bytes.slice(0, 2 * BYTES_SHOWN_MAX).match(/../g) ?? []).join(" ")}
        </span>
      ))}
      {rows.length < props.rows.length && <span>…</span>}
    </p>
  );
}

function Field(props: { readonly row: Row; readonly lit: boolean; readonly onLight: (row: Row) => void }) {
  const { row, onLight } = props;
  const { offset, name, within, value, note, fault } = row;
  return (
    <tr class={`${props.lit ? "lit" : ""}${fault === undefined ? "" : " bad"}`} onPointerEnter={() => onLight(row)}>
      <td class="frame-offset">{offset}</td>
      <th scope="row">
        {within.length > 0 && <small>{within.join(" › ")} ›</small>} {name}
      </th>
      <td class="frame-value">
        {typeof value === "string" ? <bdi>{shorten(value)}</bdi> : value} {note !== "" && <small>{note}</small>}
        {fault !== undefined && <strong class="frame-fault"> {fault}</strong>}
      </td>
    </tr>
  );
}

/** Bytes and fields of a frame, or of the body that an LZ4 block of it holds. */
function Fields(props: { readonly rows: readonly Row[]; readonly label: string }) {
  const { rows } = props;
  const [lit, setLit] = useState<Row>();
  const packed = rows.find(({ inflated }) => inflated !== undefined)?.inflated;
  return (
    <>
      <Bytes rows={rows} lit={lit} onLight={setLit} />
      <table class="frame-fields" aria-label={props.label}>
        <thead class="sr-only">
          <tr>
            <th scope="col">Byte</th>
            <th scope="col">Field</th>
            <th scope="col">Value</th>
          </tr>
        </thead>
        <tbody>
          {rows.slice(0, ROWS_SHOWN_MAX).map((row) => (
            <Field key={`${row.offset} ${row.name}`} row={row} lit={row === lit} onLight={setLit} />
          ))}
        </tbody>
      </table>
      {rows.length > ROWS_SHOWN_MAX && <p class="hint">{rows.length - ROWS_SHOWN_MAX} more fields are not drawn.</p>}
      {packed !== undefined && (
        <>
          <h4>The body in the LZ4 block, {packed.bytes.length} bytes</h4>
          <Fields rows={packed.rows} label="Fields of the decompressed body" />
        </>
      )}
    </>
  );
}

function Facts({ explanation }: { readonly explanation: Explanation }) {
  const { size, crc, body, refusal } = explanation;
  return (
    <>
      <p class="frame-facts">
        <span>{size} bytes</span>
        {crc !== undefined && <span class={crc.ok ? "good" : "bad"}>CRC {crc.ok ? "good" : "bad"}</span>}
        {body?.lz4 === true && (
          <span>
            LZ4: {body.wire} of {body.raw} bytes, {Math.round(body.ratio * 100)} %
          </span>
        )}
      </p>
      {refusal !== undefined && (
        <p class="refusal">
          Refused: {refusal.reason} (reason {refusal.number}) at {refusal.field}. The answer is ERROR{" "}
          {refusal.codeNumber} {refusal.code}
          {refusal.fatal ? ", and the socket is closed." : "."}
        </p>
      )}
    </>
  );
}

export function FrameView({ frame }: { readonly frame: Recorded }) {
  const explanation = useMemo(() => explainFrame(frame.side, frame.bytes), [frame]);
  return (
    <div class="frame-view">
      <Facts explanation={explanation} />
      <Fields rows={explanation.rows} label={`Fields of frame ${frame.number}`} />
    </div>
  );
}
