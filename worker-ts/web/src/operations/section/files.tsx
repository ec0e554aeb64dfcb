// A check of all files: the bytes in the bucket against the rows that tell of them. It reads everything, so it is begun by hand, goes on
// page by page, and can be stopped; it changes nothing.
import { useEffect, useRef, useState } from "preact/hooks";
import { sayError } from "../../api";
import { ApiError } from "../../api/call";
import { plural } from "../../text/format";
import { checkFiles, type DamagedFile } from "../api";
import { useDesk } from "../live/desk";
import { opened } from "../model/place";
import { sayBytes } from "../model/words";
import { Go } from "../part/go";
import { Empty, Section } from "../part/section";
import { Table } from "../part/table";

const DAMAGES: Readonly<Record<DamagedFile["damage"], string>> = {
  missing: "its bytes are not there",
  length: "it has another length than was uploaded",
  sum: "its bytes are others than were uploaded",
};

interface Check {
  readonly files: number;
  readonly bytes: number;
  readonly damaged: readonly DamagedFile[];
  /** Where it goes on; null when everything was read. */
  readonly next: string | null;
}

const BEGINNING: Check = { files: 0, bytes: 0, damaged: [], next: "0" };

/** The check, and how to begin, stop and go on with it. It stops when one leaves. */
function useCheck() {
  const { refused } = useDesk();
  const [check, setCheck] = useState<Check>();
  const [running, setRunning] = useState(false);
  const [failure, setFailure] = useState<string>();
  const current = useRef<object | undefined>(undefined);
  const stop = () => {
    current.current = undefined;
    setRunning(false);
  };
  useEffect(() => stop, []);
  const goOn = async (from: Check) => {
    const mine = {};
    current.current = mine;
    setRunning(true);
    setFailure(undefined);
    setCheck(from);
    try {
      for (let so = from; so.next !== null; ) {
        const page = await checkFiles(so.next);
        if (current.current !== mine) return;
        so = {
          files: so.files + page.files,
          bytes: so.bytes + page.bytes,
          damaged: [...so.damaged, ...page.damaged],
          next: page.next,
        };
        setCheck(so);
      }
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) refused(error.status);
      if (current.current === mine) setFailure(sayError(error));
    }
    if (current.current === mine) stop();
  };
  return { check, running, failure, stop, goOn };
}

function Damaged(props: { readonly files: readonly DamagedFile[] }) {
  const { place } = useDesk();
  return (
    <Table name="Damaged files" columns={["File", "Room", "What is wrong"]}>
      {props.files.map(({ room, id, name, damage }) => (
        <tr key={id}>
          <th scope="row">
            <bdi>{name}</bdi>
            <code>{id}</code>
          </th>
          <td>
            <Go to={opened(place, { room })}>{room}</Go>
          </td>
          <td>{DAMAGES[damage]}</td>
        </tr>
      ))}
    </Table>
  );
}

export function FilesSection() {
  const { check, running, failure, stop, goOn } = useCheck();
  const over = check !== undefined && check.next === null;
  const held = check !== undefined && !over && !running;
  return (
    <Section
      title="Files"
      failure={failure}
      hint="Reads every file again and compares it with what was uploaded. Nothing is changed; a damaged file is put back from a backup, or its message deleted."
    >
      <div class="ops-repairs">
        <button
          type="button"
          class="button small"
          onClick={() => (running ? stop() : void goOn(held ? check : BEGINNING))}
        >
          {running ? "Stop" : held ? "Go on" : "Check all files"}
        </button>
      </div>
      {check !== undefined && (
        <p role="status">
          {running ? "Reads … " : over ? "Done: " : "Stopped: "}
          {plural(check.files, "file")}, {sayBytes(check.bytes)}, {check.damaged.length} damaged.
        </p>
      )}
      {over && check.damaged.length === 0 && <Empty>Every file is what was uploaded.</Empty>}
      {check !== undefined && check.damaged.length > 0 && <Damaged files={check.damaged} />}
    </Section>
  );
}
