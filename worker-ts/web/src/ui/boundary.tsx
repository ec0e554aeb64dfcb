// Keeps what breaks while it is drawn to its own place: a sentence stands there, and the rest of the page goes on.
import { Component, type ComponentChildren } from "preact";

export interface BoundaryProps {
  /** What is drawn: another one is tried again. */
  readonly of: unknown;
  /** What stands in its place when it breaks. It must not be made of what broke. */
  readonly instead: ComponentChildren;
  readonly children: ComponentChildren;
}

interface Broken {
  readonly broken: { readonly of: unknown } | undefined;
}

export class Boundary extends Component<BoundaryProps, Broken> {
  override state: Broken = { broken: undefined };

  override componentDidCatch(error: unknown): void {
    // told as if nobody had caught it: it is a fault of ours
    reportError(error);
    this.setState({ broken: { of: this.props.of } });
  }

  override render({ of, instead, children }: BoundaryProps, { broken }: Broken): ComponentChildren {
    return broken !== undefined && broken.of === of ? instead : children;
  }
}
