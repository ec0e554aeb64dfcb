// As much of a document as drawing takes: for tests of what is drawn where there is no browser. Nobody presses anything in it.

/** An element, a text, or the document itself. */
export class FakeNode {
  readonly childNodes: FakeNode[] = [];
  readonly nodeType: number;
  readonly localName: string;
  readonly attributes: { name: string; value: string }[] = [];
  readonly ownerDocument = FakeNode;
  readonly namespaceURI = "http://www.w3.org/1999/xhtml";
  parentNode: FakeNode | null = null;
  data = "";

  constructor(name: string, data = "") {
    this.localName = name;
    this.nodeType = name === "#text" ? 3 : 1;
    this.data = data;
  }
  static createElementNS = (_: string, name: string) => new FakeNode(name);
  static createTextNode = (text: string) => new FakeNode("#text", String(text));
  get firstChild(): FakeNode | null {
    return this.childNodes[0] ?? null;
  }
  get nextSibling(): FakeNode | null {
    const all = this.parentNode?.childNodes ?? [];
    return all[all.indexOf(this) + 1] ?? null;
  }
  get textContent(): string {
    return this.data + this.childNodes.map(({ textContent }) => textContent).join("");
  }
  insertBefore(node: FakeNode, before: FakeNode | null): FakeNode {
    node.remove();
    const at = before === null ? this.childNodes.length : this.childNodes.indexOf(before);
    this.childNodes.splice(at, 0, node);
    node.parentNode = this;
    return node;
  }
  appendChild(node: FakeNode): FakeNode {
    return this.insertBefore(node, null);
  }
  remove(): void {
    this.parentNode?.removeChild(this);
  }
  removeChild(node: FakeNode): FakeNode {
    this.childNodes.splice(this.childNodes.indexOf(node), 1);
    node.parentNode = null;
    return node;
  }
  setAttribute(name: string, value: unknown): void {
    this.removeAttribute(name);
    this.attributes.push({ name, value: String(value) });
  }
  removeAttribute(name: string): void {
    const at = this.attributes.findIndex((one) => one.name === name);
    if (at >= 0) this.attributes.splice(at, 1);
  }
  addEventListener(): void {}
  removeEventListener(): void {}
  contains(node: FakeNode): boolean {
    return node === this || this.childNodes.some((child) => child.contains(node));
  }
}
