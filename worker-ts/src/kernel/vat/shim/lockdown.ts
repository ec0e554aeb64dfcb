// SES first, then the one shim that SES knows of (HandledPromise), then lockdown: from here on nothing shared can be changed. Nothing may
// be imported before this file in a vat's isolate.
import "ses";
import "@endo/eventual-send/shim.js";

lockdown({
  // whoever reads a stack learns what lies below it
  errorTaming: "safe",
  consoleTaming: "unsafe",
  overrideTaming: "severe",
  evalTaming: "safe-eval",
  localeTaming: "safe",
  // V8 gets built-ins faster than SES lists them; those are removed
  reporting: "none",
});
