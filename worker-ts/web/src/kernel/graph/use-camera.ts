// The camera on the screen: pulled by the pointer, zoomed by the wheel, two fingers or buttons. Until somebody moves it, it shows all.
import type { RefObject } from "preact";
import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import type { Point, Rect } from "../model/layout";
import { type Camera, fit, pan, reveal, type Size, zoom } from "./camera";

/** Pixels that a pointer may move and still be a press. */
const PRESS_PX = 4;
const WHEEL = 0.0015;
const WHEEL_PINCH = 0.01;

export interface Cameraman {
  readonly camera: Camera;
  readonly pan: (by: Point) => void;
  /** Nearer by a factor, at the middle. */
  readonly zoom: (factor: number) => void;
  readonly fit: () => void;
  readonly reveal: (rect: Rect) => void;
  /** Whether the pointer has just pulled the picture, so that its release is no press. */
  readonly pulled: () => boolean;
}

function useSize(element: RefObject<SVGSVGElement | null>): Size {
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const svg = element.current!;
    const measure = () => setSize({ width: svg.clientWidth, height: svg.clientHeight });
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(svg);
    return () => observer.disconnect();
  }, []);
  return size;
}

/** Fingers and mouse on the picture. */
function usePointers(
  element: RefObject<SVGSVGElement | null>,
  move: (change: (camera: Camera) => Camera) => void,
): () => boolean {
  const pulled = useRef(false);
  useEffect(() => {
    const svg = element.current!;
    const down = new Map<number, Point>();
    let far = 0;
    const where = (event: MouseEvent): Point => {
      const { left, top } = svg.getBoundingClientRect();
      return { x: event.clientX - left, y: event.clientY - top };
    };
    const press = (event: PointerEvent) => {
      if (event.button !== 0) return;
      if (down.size === 0) {
        far = 0;
        pulled.current = false;
      }
      down.set(event.pointerId, where(event));
    };
    const pull = (event: PointerEvent) => {
      const before = down.get(event.pointerId);
      if (before === undefined) return;
      const now = where(event);
      down.set(event.pointerId, now);
      far += Math.hypot(now.x - before.x, now.y - before.y);
      if (far <= PRESS_PX) return;
      if (!pulled.current) svg.setPointerCapture(event.pointerId);
      pulled.current = true;
      const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
      if (other === undefined) return move((camera) => pan(camera, { x: now.x - before.x, y: now.y - before.y }));
      const apart = (a: Point) => Math.max(1, Math.hypot(a.x - other.x, a.y - other.y));
      move((camera) => zoom(camera, apart(now) / apart(before), other));
    };
    const release = (event: PointerEvent) => void down.delete(event.pointerId);
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      move((camera) => zoom(camera, Math.exp(-event.deltaY * (event.ctrlKey ? WHEEL_PINCH : WHEEL)), where(event)));
    };
    svg.addEventListener("pointerdown", press);
    svg.addEventListener("pointermove", pull);
    svg.addEventListener("pointerup", release);
    svg.addEventListener("pointercancel", release);
    svg.addEventListener("wheel", wheel, { passive: false });
    return () => {
      svg.removeEventListener("pointerdown", press);
      svg.removeEventListener("pointermove", pull);
      svg.removeEventListener("pointerup", release);
      svg.removeEventListener("pointercancel", release);
      svg.removeEventListener("wheel", wheel);
    };
  }, [move]);
  return useCallback(() => pulled.current, []);
}

export function useCamera(element: RefObject<SVGSVGElement | null>, bounds: Rect): Cameraman {
  const size = useSize(element);
  /** Undefined: nobody has moved it, all is shown. */
  const [moved, setMoved] = useState<Camera>();
  const whole = useMemo(
    () => fit(bounds, size),
    [bounds.x, bounds.y, bounds.width, bounds.height, size.width, size.height],
  );
  const camera = moved ?? whole;
  const now = useRef(camera);
  now.current = camera;
  const move = useCallback((change: (camera: Camera) => Camera) => {
    const next = change(now.current);
    if (next === now.current) return;
    // several moves may come between two drawings
    now.current = next;
    setMoved(next);
  }, []);
  const pulled = usePointers(element, move);
  return {
    camera,
    pulled,
    pan: (by) => move((one) => pan(one, by)),
    zoom: (factor) => move((one) => zoom(one, factor, { x: size.width / 2, y: size.height / 2 })),
    fit: () => setMoved(undefined),
    reveal: (rect) => move((one) => reveal(one, rect, size)),
  };
}
