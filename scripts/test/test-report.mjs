// What `npm test` says of tests that failed or were skipped: read from Vitest's JSON reports and from the words of cargo and Vitest.
// Pure: texts in, lines out; it runs nothing and reads no file.
import { stripVTControlCharacters } from "node:util";

/** Longest line of a list: what is cut off at its end still stands in the log. */
const LINE_MAX = 200;
/** Lines told of one failure below the list; the log has them all. */
const DETAIL_LINES_MAX = 25;
/** Failures told at such length; the list has them all. */
const DETAILS_MAX = 12;

/**
 * A test that did not pass. file: path inside the repository, or the crate's target. name: with its groups; empty = the file as a whole.
 * error: all that is said of it, empty for a skipped one.
 * @typedef {{ suite: string, file: string, name: string, error: string }} Told
 */

const plain = (text) => stripVTControlCharacters(text).replaceAll("\r", "");

/** The first line that says something. */
const firstLine = (text) =>
  plain(text)
    .split("\n")
    .map((line) => line.trim())
    .find((line) => line !== "") ?? "";

const cut = (line) => (line.length <= LINE_MAX ? line : `${line.slice(0, LINE_MAX - 1)}…`);

/**
 * The tests of a Vitest report that failed, and those that were skipped.
 * @param {string} suite
 * @param {{ testResults: object[] }} report what `--reporter=json` writes
 * @param {string} root the repository's folder, left out of the files' names
 * @returns {{ failed: Told[], skipped: Told[] }}
 */
export function readVitest(suite, report, root) {
  const failed = [];
  const skipped = [];
  for (const { name: path, status, message = "", assertionResults } of report.testResults) {
    const file = path.startsWith(root) ? path.slice(root.length).replace(/^[\\/]/, "") : path;
    // A file that could not be loaded has no tests of its own, and one whose hooks broke none that says so.
    if (status === "failed" && !assertionResults.some((test) => test.status === "failed"))
      failed.push({ suite, file, name: "", error: message });
    for (const { ancestorTitles, title, status: how, failureMessages = [] } of assertionResults) {
      const told = { suite, file, name: [...ancestorTitles, title].join(" > ") };
      if (how === "failed") failed.push({ ...told, error: failureMessages.join("\n") });
      else if (how !== "passed") skipped.push({ ...told, error: "" });
    }
  }
  return { failed, skipped };
}

/**
 * What broke outside of every test: no report has it, only Vitest's words.
 * @returns {Told[]}
 */
export function readUnhandled(suite, text) {
  const [, ...parts] = plain(text).split(/^⎯+ (?:Unhandled (?:Rejection|Error|Exception)|Uncaught Exception)\b.*$/m);
  return parts.map((part) => {
    const file = /This error originated in "([^"]+)"/.exec(part)?.[1] ?? "(no file)";
    return { suite, file, name: "(outside of every test)", error: part.split(/^⎯{9}/m)[0].trim() };
  });
}

/**
 * The tests of Rust that failed or were ignored, from what cargo printed; a crate that does not compile has none, its error is the file's.
 * @returns {{ failed: Told[], skipped: Told[] }}
 */
export function readCargo(suite, text) {
  const failed = [];
  const skipped = [];
  let file = "";
  const blocks = new Map();
  let block;
  for (const line of plain(text).split("\n")) {
    const target = /^\s+Running (?:unittests )?(\S+)|^\s+Doc-tests (\S+)/.exec(line);
    const heading = /^---- (.+) stdout ----$/.exec(line);
    const result = /^test (.+?)(?: - should panic)? \.\.\. (FAILED|ignored)/.exec(line);
    if (target !== null) file = target[1] ?? `${target[2]} (docs)`;
    if (target !== null || /^failures:$|^test result: /.test(line)) block = undefined;
    if (heading !== null) {
      block = [];
      blocks.set(heading[1], block);
    } else if (block !== undefined) block.push(line);
    if (result !== null) (result[2] === "FAILED" ? failed : skipped).push({ suite, file, name: result[1], error: "" });
  }
  // By the name alone: cargo's two streams do not always come in the order in which it wrote them.
  for (const told of failed) told.error = (blocks.get(told.name) ?? []).join("\n").trim();
  const broken = /^error(?:\[E\d+\])?: (?!test failed|\d+ targets? failed).*$/m.exec(plain(text));
  if (failed.length === 0 && broken !== null)
    failed.push({ suite, file: "", name: "", error: plain(text).slice(broken.index) });
  return { failed, skipped };
}

const nameOf = ({ suite, file, name }) => [`${suite}: ${file}`, name].filter((part) => part !== "").join(" > ");

/** What went wrong, in one line. A panic tells its place in one line, behind what the test printed, and the reason in the next. */
function reasonOf(error) {
  const panic = /panicked at .*\n([\s\S]*)/.exec(plain(error));
  return firstLine(panic?.[1] ?? "") || firstLine(error);
}

/**
 * One line for each failed test and one for its reason, so that a report that is cut still tells which.
 * @param {readonly Told[]} failed
 * @returns {string} empty when nothing failed
 */
function failedList(failed) {
  if (failed.length === 0) return "";
  const lines = failed.flatMap((told) => [cut(`  ${nameOf(told)}`), cut(`    ${reasonOf(told.error)}`)]);
  return [`${failed.length} failed:`, ...lines].join("\n");
}

/** The skipped tests by their names; empty when none was. */
function skippedList(skipped) {
  if (skipped.length === 0) return "";
  return [`${skipped.length} skipped:`, ...skipped.map((told) => cut(`  ${nameOf(told)}`))].join("\n");
}

/** The failures again, with what there is to read of each. */
export function failedDetails(failed) {
  const shown = failed.slice(0, DETAILS_MAX).map((told) => `${nameOf(told)}\n${head(told.error, DETAIL_LINES_MAX)}`);
  return shown.join("\n\n");
}

/** What Vitest says of its failures, which it does after everything else: with differences and the places in the source. */
export function vitestDetails(text) {
  const at = plain(text).search(/^⎯+ (?:Failed Suites|Failed Tests|Unhandled Errors)\b/m);
  return at < 0 ? "" : head(plain(text).slice(at), DETAIL_LINES_MAX * DETAILS_MAX);
}

/** The first lines of a text; the log has them all. */
function head(text, max) {
  const lines = plain(text).trim().split("\n");
  return [
    ...lines.slice(0, max),
    ...(lines.length > max ? [`… ${lines.length - max} lines more in the log`] : []),
  ].join("\n");
}

/**
 * Everything below the table of steps. Names come before logs, and where logs are long after them once more: whoever is shown only the
 * beginning, or only the end, still knows which tests failed.
 */
export function closing({ failed, skipped, problems, total, seconds }) {
  const again = problems.length > 0 ? failedList(failed) : "";
  const parts = [failedList(failed), ...problems, again, skippedList(skipped), `${seconds.toFixed(0)} s`];
  const last = `${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`;
  return `${parts.flatMap((part) => (part === "" ? [] : ["", part])).join("\n")}\n${last}`;
}
