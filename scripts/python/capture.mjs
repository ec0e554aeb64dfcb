// Runs one command to its end and hands back what it said. Nothing is printed and nothing thrown: here a failure is an answer.
import { spawn } from "node:child_process";

const MS_MAX = 600_000;

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string | undefined>, msMax?: number }} [options] `msMax`: it is killed after so long
 * @returns {Promise<{ status: number | null, text: string }>} exit code, null when it could not run or was killed; both outputs
 */
export function capture(command, args, { cwd, env = process.env, msMax = MS_MAX } = {}) {
  return new Promise((resolve) => {
    const chunks = [];
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], timeout: msMax });
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => chunks.push(data));
    const end = (status, last) => resolve({ status, text: Buffer.concat(chunks).toString() + last });
    child.on("error", (error) => end(null, `${command}: ${error.message}\n`));
    child.on("close", (status, signal) => end(status, signal === null ? "" : `${command} ended by ${signal}\n`));
  });
}
