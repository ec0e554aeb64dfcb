// What the loader of a vat's isolate hands in as text.
declare module "*/bundle.txt" {
  const text: string;
  export default text;
}
