// Messages in flight: a spark from where each was sent to where it was delivered, once. Whoever wants no movement sees none.
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Layout, Point } from "../model/layout";
import type { Way } from "../model/trace";
import { leaves, middle } from "./geometry";

const FLIGHT_MS = 650;
/** From the start of one to the start of the next. */
const APART_MS = 220;

function Spark(props: { readonly from: Point; readonly to: Point; readonly wait: number }) {
  const spark = useRef<SVGCircleElement>(null);
  useLayoutEffect(() => {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const at = ({ x, y }: Point) => `translate(${x}px, ${y}px)`;
    const flight = spark.current!.animate(
      [
        { transform: at(props.from), opacity: 1 },
        { transform: at(props.to), opacity: 1, offset: 0.9 },
        { transform: at(props.to), opacity: 0 },
      ],
      { duration: FLIGHT_MS, delay: props.wait, easing: "ease-in-out" },
    );
    return () => flight.cancel();
  }, []);
  return <circle ref={spark} class="spark" r={6} />;
}

export function Flights(props: { readonly ways: readonly Way[]; readonly layout: Layout }) {
  const { boxes, dots } = props.layout;
  return (
    <g class="flights">
      {props.ways.map(({ crank, from, to, vat }, at) => {
        const box = boxes.get(from);
        const home = vat === null ? undefined : boxes.get(vat);
        const end = dots.get(to) ?? (home && middle(home));
        if (box === undefined || end === undefined) return null;
        return <Spark key={`${crank} ${from} ${to}`} from={leaves(box, end)} to={end} wait={at * APART_MS} />;
      })}
    </g>
  );
}
