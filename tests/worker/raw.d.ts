// Files as text, as Vite gives them.
declare module "*?raw" {
  const text: string;
  export default text;
}
