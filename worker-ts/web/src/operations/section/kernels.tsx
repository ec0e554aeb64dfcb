// Kernels: how each stands, of those that are known by name in this browser. There is no list of all: a kernel is begun by being named.
import { useId, useState } from "preact/hooks";
import { Door, sayRefusal } from "../../kernel/rpc/door";
import { recall, remember } from "../../ui/storage";
import { usePoll } from "../live/use-poll";
import { sayNumber } from "../model/words";
import { Section } from "../part/section";
import { Table } from "../part/table";
import { When } from "../part/when";

const KEPT = "kernels";
const FIRST = ["main", "demo"];
/** Asking a kernel wakes it. */
const LOOK_MS = 10_000;
const ID = "[a-z0-9\\-]{1,63}";

function Row(props: { readonly id: string }) {
  const { id } = props;
  const { data, failure } = usePoll(
    id,
    async () => {
      try {
        return (await new Door(id).look(Number.MAX_SAFE_INTEGER))[0];
      } catch (error) {
        throw new Error(sayRefusal(error));
      }
    },
    LOOK_MS,
  );
  const last = data?.kernel.incidents.at(-1);
  return (
    <tr>
      <th scope="row">
        <a href={`/kernel?id=${encodeURIComponent(id)}`}>{id}</a>
      </th>
      {data === undefined ? (
        <td colSpan={4}>{failure ?? "is asked …"}</td>
      ) : (
        <>
          <td>
            <span class={data.kernel.paused ? "mark-text warn" : "mark-text good"}>
              {data.kernel.paused ? "paused" : "running"}
            </span>
          </td>
          <td class="number">{sayNumber(data.vats.length)}</td>
          <td class="number">{sayNumber(data.kernel.queue)}</td>
          <td>
            {last === undefined ? (
              "none"
            ) : (
              <>
                {last.text} <When at={last.at} />
              </>
            )}
          </td>
        </>
      )}
    </tr>
  );
}

export function KernelsSection() {
  const field = useId();
  const [kept, setKept] = useState(() => (recall(KEPT) ?? "").split(" ").filter((id) => id !== ""));
  const [text, setText] = useState("");
  const names = [...new Set([...FIRST, ...kept])];
  const add = (event: Event) => {
    event.preventDefault();
    const next = [...new Set([...kept, text.trim()])];
    remember(KEPT, next.join(" "));
    setKept(next);
    setText("");
  };
  return (
    <Section title="Kernels" hint="A name leads to the kernel's own page, where it is mended.">
      <Table name="Kernels" columns={["Kernel", "State", "Vats", "In the queue", "Last incident"]}>
        {names.map((id) => (
          <Row key={id} id={id} />
        ))}
      </Table>
      <form class="ops-filter" aria-label="Another kernel" onSubmit={add}>
        <label for={field}>Another kernel</label>
        <input
          id={field}
          value={text}
          required
          pattern={ID}
          title="a–z, 0–9 and -"
          autocomplete="off"
          autocapitalize="off"
          onInput={(event) => setText(event.currentTarget.value)}
        />
        <button type="submit" class="button small">
          Look at it
        </button>
      </form>
    </Section>
  );
}
