// The page /operations as a whole: who is signed in, whether they may see it, and where in it they are.
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { AdminPage, type Visit } from "../admin/admin-page";
import { NoAdmin } from "../admin/gate";
import { sayError, signOut } from "../api";
import { tell } from "../layer/toast";
import { DeskProvider } from "./live/desk";
import { addressOf, PART_NAMES, type Place, placeOf } from "./model/place";
import { HEADING } from "./part/section";
import { OperationsView } from "./view";

const PAGE = { title: "Operations", path: "/operations" };

/** Where the address says that one is; going elsewhere changes it, and another part takes the focus. */
function usePlace(): [Place, (place: Place) => void] {
  const [place, setPlace] = useState(() => placeOf(location.search));
  const part = useRef(place.at);
  useEffect(() => {
    const follow = () => setPlace(placeOf(location.search));
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);
  useEffect(() => {
    document.title = `${place.at === "now" ? "Operations" : PART_NAMES[place.at]} · Ferrule`;
    if (part.current === place.at) return;
    part.current = place.at;
    document.getElementById(HEADING)?.focus();
  }, [place.at]);
  const go = useCallback((next: Place) => {
    const address = addressOf(next);
    history.pushState(null, "", address === "?" ? location.pathname : address);
    setPlace(placeOf(location.search));
  }, []);
  return [place, go];
}

function Inside(props: Visit) {
  const { account, notice, onSession } = props;
  const [place, go] = usePlace();
  const [version, setVersion] = useState(0);
  const [shutOut, setShutOut] = useState(false);
  useEffect(() => {
    if (notice !== undefined) tell(notice);
  }, [notice]);
  const refused = useCallback(
    (status: number) => {
      if (status === 401) void onSession();
      else setShutOut(true);
    },
    [onSession],
  );
  const mended = useCallback(() => setVersion((count) => count + 1), []);
  const desk = useMemo(() => ({ place, go, version, mended, refused }), [place, go, version, mended, refused]);
  const leave = () => signOut().then(onSession, (error) => tell(sayError(error), { bad: true }));
  if (shutOut)
    return (
      <NoAdmin page={PAGE} account={account} notice={notice} onAgain={() => setShutOut(false)} onSession={onSession} />
    );
  return (
    <DeskProvider value={desk}>
      <OperationsView account={account} onSignOut={() => void leave()} />
    </DeskProvider>
  );
}

export function OperationsPage() {
  return <AdminPage page={PAGE} inside={(visit) => <Inside key={visit.account.id} {...visit} />} />;
}
