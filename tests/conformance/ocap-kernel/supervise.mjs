// One vat at the end of a port: MetaMask's own supervisor, its bundle handed over instead of fetched.
import { E } from "@endo/eventual-send";
import { Far } from "@endo/marshal";
import { Logger } from "@metamask/logger";
import { VatSupervisor } from "@metamask/ocap-kernel";
import { NodeWorkerDuplexStream } from "@metamask/streams";
import { VATS } from "./vats.mjs";

/** `bundleSpec` of a vat is a name in VATS; `E` and `Far` come as powers, because a bundle of three lines has no imports. */
export async function supervise(port, id) {
  const kernelStream = await NodeWorkerDuplexStream.make(port);
  const source = (name) => `({ buildRootObject: ${VATS[name]} })`;
  const fetchBlob = async (name) => ({
    ok: true,
    json: async () => ({ moduleFormat: "endoScript", source: source(name) }),
  });
  const logger = new Logger({ transports: [] });
  return new VatSupervisor({ id, kernelStream, logger, vatPowers: { E, Far }, fetchBlob });
}
