// Where the log stands: stuck to its end, or held by one message while others are put in above. DOM only, no markup.

/** A scrolled box whose content changes: it stays at its end, or with the message that was on top. */
export class ScrollHold {
  readonly #box: HTMLElement;
  #atEnd = true;
  #height = 0;
  #content = 0;
  #top = 0;
  #held: { readonly key: string; readonly top: number } | undefined;

  constructor(box: HTMLElement) {
    this.#box = box;
  }

  /** Whether the end is in sight (a line or two may be missing). */
  get atEnd(): boolean {
    return this.#atEnd;
  }

  /** To be called on every scroll event. A box that changed its size scrolls by itself: that says nothing about the person. */
  scrolled(): void {
    if (this.#box.clientHeight === this.#height && this.#box.scrollHeight === this.#content) this.#note();
    else this.keep();
  }

  /** Remembers where the box stands. */
  #note(): void {
    const box = this.#box;
    this.#height = box.clientHeight;
    this.#content = box.scrollHeight;
    this.#top = box.scrollTop;
    this.#atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < END_PX;
    this.#held = this.#findTop();
  }

  /** To be called after every change of the content or the size: puts the box back where it stood. */
  keep(): void {
    const box = this.#box;
    const clamped = box.scrollHeight - box.clientHeight < this.#top;
    // Somebody has scrolled so far, and the event is still to come. A box that has shrunk is moved by the browser.
    const moved = clamped ? 0 : box.scrollTop - this.#top;
    if (this.#atEnd) {
      if (moved === 0) box.scrollTop = box.scrollHeight;
    } else if (this.#held !== undefined) {
      const element = box.querySelector(`[data-key="${CSS.escape(this.#held.key)}"]`);
      if (element !== null) box.scrollTop += this.#topOf(element) - this.#held.top + moved;
    }
    this.#note();
  }

  /** Goes to the end, and stays there. */
  toEnd(): void {
    this.#box.scrollTop = this.#box.scrollHeight;
    this.#note();
  }

  /** Puts a message into the middle, and holds that place. */
  show(element: Element): void {
    const box = this.#box;
    box.scrollTop += this.#topOf(element) - Math.max(0, (box.clientHeight - element.clientHeight) / 2);
    this.#note();
  }

  /** Brings a message into sight if it is not, moving as little as that takes, and holds that place. */
  reveal(element: Element): void {
    const box = this.#box;
    const top = this.#topOf(element);
    const below = top + element.clientHeight - box.clientHeight;
    if (top < MARGIN_PX) box.scrollTop += top - MARGIN_PX;
    else if (below > 0) box.scrollTop += Math.min(below + MARGIN_PX, top - MARGIN_PX);
    this.#note();
  }

  /** Whether an element is in the box or nearer to it than `px`; `above`: in its upper half or over it. */
  near(element: Element, px: number): { readonly above: boolean } | undefined {
    const top = this.#topOf(element);
    const height = this.#box.clientHeight;
    if (top + element.clientHeight < -px || top > height + px) return undefined;
    return { above: top < height / 2 };
  }

  #topOf(element: Element): number {
    return element.getBoundingClientRect().top - this.#box.getBoundingClientRect().top;
  }

  /** The first message that reaches into the box, by halving: they stand in order. */
  #findTop(): { readonly key: string; readonly top: number } | undefined {
    const elements = this.#box.querySelectorAll<HTMLElement>("[data-key]");
    let from = 0;
    let to = elements.length;
    const edge = this.#box.getBoundingClientRect().top;
    while (from < to) {
      const middle = (from + to) >> 1;
      if (elements[middle]!.getBoundingClientRect().bottom > edge) to = middle;
      else from = middle + 1;
    }
    const element = elements[from];
    return element === undefined ? undefined : { key: element.dataset["key"]!, top: this.#topOf(element) };
  }
}

/** The end is in sight when no more than this is missing: a line or two. */
const END_PX = 48;
/** What stays free around a message that is brought into sight. */
const MARGIN_PX = 12;
