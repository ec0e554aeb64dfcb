// Lets workerd save a started interpreter, so that a start skips most of the boot; and so proves that workerd takes the bundle.
// No code of ours is in the snapshot: it stays right when the pages change.
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { capture } from "./capture.mjs";
import { LOCAL_FLAGS } from "./config.mjs";
import { MADE, SNAPSHOT } from "./state.mjs";

const MS_MAX = 120_000;
/** Of a refusal so much is told; the log has all of it. */
const LAST_LINES = 3;
const TELLING_LENGTH = 300;

const WORKER = `from workers import WorkerEntrypoint


class Default(WorkerEntrypoint):
    def test(self):
        pass
`;

// The external SDK is what pip brings; this Worker does without packages.
const FLAGS = [...LOCAL_FLAGS, "disable_python_external_sdk"];

const config = (date) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .worker)]);
const worker :Workerd.Worker = (
  modules = [(name = "worker.py", pythonModule = embed "worker.py")],
  compatibilityDate = "${date}",
  compatibilityFlags = ${JSON.stringify(FLAGS)},
);
`;

/** The last lines that say something, as one line. */
export function lastWords(text) {
  const lines = text.split("\n").map((line) => line.trim());
  const words = lines.filter((line) => line !== "").slice(-LAST_LINES);
  return words.join(" | ").slice(-TELLING_LENGTH);
}

/**
 * Makes the snapshot from the bundle that stands already.
 * @param {string} house the repository's folder
 * @param {string} workerd path of the binary
 * @param {string} date compatibility date of the Python Worker
 * @returns {Promise<string | undefined>} why it could not be made
 */
export async function makeSnapshot(house, workerd, date) {
  const work = mkdtempSync(join(house, MADE, "snapshot-"));
  try {
    writeFileSync(join(work, "worker.py"), WORKER);
    writeFileSync(join(work, "config.capnp"), config(date));
    const places = [`--pyodide-bundle-disk-cache-dir=${join(house, MADE)}`, `--python-snapshot-dir=${work}`];
    const args = ["test", join(work, "config.capnp"), "--experimental", "--python-save-baseline-snapshot", ...places];
    const { text } = await capture(workerd, args, { cwd: work, msMax: MS_MAX });
    writeFileSync(join(house, MADE, "workerd.log"), text);
    const made = join(work, "snapshot.bin");
    // The command may end with "No tests found!": the file tells, not the exit code.
    if (!existsSync(made)) return `workerd refused the bundle: ${lastWords(text)}`;
    renameSync(made, join(house, SNAPSHOT));
    return undefined;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
