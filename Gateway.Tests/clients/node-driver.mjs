// socket.io-client under node: a command a line on standard input, an observation a line on standard output.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";
import { makeDriver } from "./driver.mjs";

const run = makeDriver(io, (observation) => process.stdout.write(`${JSON.stringify(observation)}\n`));
createInterface({ input: process.stdin })
  .on("line", (line) => run(JSON.parse(line)))
  .on("close", () => process.exit(0));
