// What the benchmarks share: waiting, percentiles, and what a process has used.
import fs from "node:fs";

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
export const at = (xs, part) => xs.length ? [...xs].sort((a, b) => a - b)[Math.min(xs.length - 1, Math.floor(xs.length * part))] : NaN;
export const round = (x, digits = 2) => +x.toFixed(digits);
export const medians = (results) => Object.fromEntries(Object.keys(results[0]).map((key) => [key, at(results.map((r) => r[key]), 0.5)]));

/** A process's milliseconds of processor time, from the scheduler's nanoseconds; the time of threads that have ended is not in it. */
export function cpuOf(pid) {
  let ns = 0;
  for (const task of fs.readdirSync(`/proc/${pid}/task`)) {
    try { ns += Number(fs.readFileSync(`/proc/${pid}/task/${task}/schedstat`, "utf8").split(" ")[0]); } catch { /* It has just ended. */ }
  }
  return ns / 1e6;
}

/** A figure of a process's memory, in KB: VmRSS, VmHWM. */
export const memoryOf = (pid, name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(fs.readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

/** Ends a process, and waits until it has ended. */
export async function end(process, signal) {
  const ended = process.exitCode === null && process.signalCode === null ? new Promise((done) => process.once("exit", done)) : null;
  process.kill(signal);
  await ended;
}

/** Waits until something answers at this port. */
export async function answers(port) {
  for (let tries = 0; tries < 300; tries++) {
    if (await fetch(`http://127.0.0.1:${port}/socket.io/?EIO=4&transport=polling`).then(() => true, () => false)) return;
    await sleep(100);
  }
  throw new Error(`nothing answers at port ${port}`);
}
