// The page /kernel as a whole: who is signed in, which kernel is looked at, and whether it may be.
import { useEffect, useState } from "preact/hooks";
import { AdminPage, type Visit } from "../admin/admin-page";
import { NoAdmin } from "../admin/gate";
import { sayError, signOut } from "../api";
import { tell } from "../layer/toast";
import { Bar } from "./panel/head";
import { useKernel } from "./rpc/use-kernel";
import { KernelView } from "./view";

const PAGE = { title: "Kernel", path: "/kernel" };
const FIRST = "main";

/** The kernel that the address names; `?id=` stays away for the usual one. */
function useKernelId(): [string, (id: string) => void] {
  const read = () => new URLSearchParams(location.search).get("id") ?? FIRST;
  const [id, setId] = useState(read);
  useEffect(() => {
    const follow = () => setId(read());
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);
  const choose = (next: string) => {
    history.pushState(null, "", next === FIRST ? location.pathname : `?id=${encodeURIComponent(next)}`);
    setId(next);
  };
  return [id, choose];
}

function Unseen(props: { readonly failure: string | undefined }) {
  if (props.failure === undefined) return <p class="hint empty">The kernel wakes up …</p>;
  return (
    <div class="empty" role="alert">
      <h2>The kernel cannot be seen</h2>
      <p class="hint">{props.failure}</p>
    </div>
  );
}

function Inside(props: Visit) {
  const [id, choose] = useKernelId();
  const kernel = useKernel(id);
  const { account, notice, onSession } = props;
  const { seen, refused, failure } = kernel.state;
  useEffect(() => {
    document.title = id === FIRST ? "Kernel · Ferrule" : `Kernel ${id} · Ferrule`;
  }, [id]);
  useEffect(() => {
    if (notice !== undefined) tell(notice);
  }, [notice]);
  useEffect(() => {
    if (refused === "nobody") void onSession();
  }, [refused, onSession]);
  const leave = () => signOut().then(onSession, (error) => tell(sayError(error), { bad: true }));
  if (refused !== undefined)
    return (
      <NoAdmin page={PAGE} account={account} notice={notice} onAgain={() => void kernel.look()} onSession={onSession} />
    );
  return (
    <main class="kernel">
      <Bar account={account} id={id} onKernel={choose} onSignOut={() => void leave()} />
      {seen === undefined ? <Unseen failure={failure} /> : <KernelView key={id} kernel={kernel} seen={seen} />}
    </main>
  );
}

export function KernelPage() {
  return <AdminPage page={PAGE} inside={(visit) => <Inside key={visit.account.id} {...visit} />} />;
}
