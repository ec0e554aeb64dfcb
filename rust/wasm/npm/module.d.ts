// What an import of a `.wasm` file gives in a Worker: the compiled module, for `initSync` of the entry beside it.
declare const module: WebAssembly.Module;
export default module;
