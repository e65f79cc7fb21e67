// socket.io-client under node: a command a line on standard input, an observation a line on standard output.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";
import parser from "socket.io-msgpack-parser";
import { makeDriver } from "./driver.mjs";

// A parser is no JSON, so a command names it.
const connect = (url, { msgpack, ...options }) => io(url, msgpack ? { ...options, parser } : options);
const run = makeDriver(connect, (observation) => process.stdout.write(`${JSON.stringify(observation)}\n`));
createInterface({ input: process.stdin })
  .on("line", (line) => run(JSON.parse(line)))
  .on("close", () => process.exit(0));
