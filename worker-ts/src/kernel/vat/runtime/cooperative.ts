// What the Endo packages look for in an isolate that was not locked down: `assert` and `HandledPromise` as globals. To be imported
// before any of them; a vat in an isolate of its own has lockdown.ts instead.
import "ses/assert-shim.js";
import "@endo/eventual-send/shim.js";
