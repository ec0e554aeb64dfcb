//! The kernel's border: converts and forwards to the crate `kernel`, decides nothing. Numbers and text cross, no objects.
//!
//! # The border, for the TypeScript face
//! A verb gives 0, or the number of the `kernel::Error` that it was refused with. Numbers of vats, cranks, commands, calls and
//! batches are f64; what is no integer up to 2^53 - 1 is refused as `BadCommand`.
//!
//! `new KernelLoader()`, `add(rows)` with `[[key, value], ...]` as often as there are pages, `load(services)` with `["clock", ...]`:
//! 0, and then `take()` gives the machine once. A loader whose `add` or `load` was refused is of no further use.
//!
//! `closeBatch()`: the batch's number, 0 when nothing changed; then `batchSets`, `batchDeletes`, `batchWipes` give its JSON texts and
//! `batchRows` the number of rows, until the next `closeBatch`.
//! `pollOutput()`: 0 nothing, and else what it says; the getters stand until the next `pollOutput`:
//! | kind | vat | id | seq | name | text |
//! |---|---|---|---|---|---|
//! | 1 start | number | incarnation | | | bundle |
//! | 2 deliver | number | crank | seq | | delivery |
//! | 3 stop | number | | | | |
//! | 4 call | | call | | service | methargs |
//! | 5 reply | | command | | | answer |

mod crossing;
#[path = "../../src/live.rs"]
mod live;
mod loader;
mod machine;
mod told;
