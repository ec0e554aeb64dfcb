// Imported first: SES and its lockdown, and the HandledPromise that liveslots expects, in every process and worker of that kernel.
import "ses";
import "@endo/eventual-send/shim.js";

lockdown({ consoleTaming: "unsafe", errorTaming: "unsafe", overrideTaming: "severe", domainTaming: "unsafe" });
