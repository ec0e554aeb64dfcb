//! The customs post of the core: converts and forwards between JavaScript and the crates, decides nothing. The only crate that
//! names wasm-bindgen. This file only lists the parts; what crosses, and how, is told in `wire.rs`.
//! The kernel has a crate of its own (`rust/wasm/kernel`), so that a page that only chats does not load it.

mod arena;
mod live;
mod parts;
mod place;
mod reading;
mod slots;
mod wire;
mod write;
