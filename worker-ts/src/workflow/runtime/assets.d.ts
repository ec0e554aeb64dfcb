// What wrangler makes of WebAssembly files by the CompiledWasm rule: compiled modules. quickjs-wasi declares no types for them.
declare module "quickjs-wasi/*.wasm" {
  const compiled: WebAssembly.Module;
  export default compiled;
}
declare module "quickjs-wasi/*.so" {
  const compiled: WebAssembly.Module;
  export default compiled;
}
