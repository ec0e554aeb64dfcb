// Kernels: how each stands, of all that were ever begun. The list names them; each is asked itself, and only those that are on it: to ask
// for one that never was would begin it.
import { Door, sayRefusal } from "../../kernel/rpc/door";
import { listKernels } from "../api";
import { usePages } from "../live/use-pages";
import { usePoll } from "../live/use-poll";
import { sayNumber } from "../model/words";
import { ListEnd, Section } from "../part/section";
import { Table } from "../part/table";
import { When } from "../part/when";

/** Asking a kernel wakes it. */
const LOOK_MS = 10_000;

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
      {data === undefined || failure !== undefined ? (
        <td colSpan={4}>{failure === undefined ? "is asked …" : <span class="ops-error">{failure}</span>}</td>
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
  const listed = usePages("kernels", listKernels);
  return (
    <Section
      title="Kernels"
      failure={listed.failure}
      hint={
        <>
          Every kernel that was ever begun. A name leads to the kernel's own page, where it is mended;{" "}
          <a href="/kernel">there</a> another one is begun, too.
        </>
      }
    >
      {listed.rows !== undefined && listed.rows.length > 0 && (
        <Table name="Kernels" columns={["Kernel", "State", "Vats", "In the queue", "Last incident"]}>
          {listed.rows.map(({ id }) => (
            <Row key={id} id={id} />
          ))}
        </Table>
      )}
      <ListEnd listed={listed} empty="No kernel was ever begun." older="Show more" />
    </Section>
  );
}
