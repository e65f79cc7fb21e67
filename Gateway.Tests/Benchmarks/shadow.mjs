// What `gateway shadow` adds to an answer at 200 clients: acknowledgements timed directly, through a shadow, and through one whose candidate
// hangs, in turns, in one run. Starts its own servers on loopback; clients and servers share the machine.
// node shadow.mjs path/to/Gateway.dll [first port] [clients] [rounds]
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const require = createRequire(new URL("../clients/package.json", import.meta.url));
const { io } = require("socket.io-client");
const [dll, first = "4610", clients = "200", rounds = "12"] = process.argv.slice(2);
const port = Number(first);
const work = mkdtempSync(join(tmpdir(), "gateway-shadow-bench-"));
const children = [];

// A conversation with some history, so that there is something to compare.
const store = join(work, "store", "sessions", "latency");
mkdirSync(join(store, "events"), { recursive: true });
for (let id = 0; id < 100; id++) {
  const event = { id, timestamp: "2025-01-01T00:00:00.000000", source: "user", message: `m${id}`, action: "message", args: { content: `m${id}` } };
  writeFileSync(join(store, "events", `${id}.json`), JSON.stringify(event));
}
cpSync(join(work, "store"), join(work, "copy"), { recursive: true });

const start = (args) => {
  const child = spawn("dotnet", [dll, ...args], { stdio: "ignore" });
  children.push(child);
  return child;
};
const answers = async (url) => {
  for (let n = 0; n < 200; n++) {
    try {
      await fetch(`${url}/socket.io/?EIO=4&transport=polling`);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  throw new Error(`${url} does not answer`);
};
process.on("exit", () => {
  children.forEach((child) => child.kill("SIGKILL"));
  rmSync(work, { recursive: true, force: true });
});
const url = (n) => `http://127.0.0.1:${port + n}`;
const serve = (n, root) =>
  start(["--urls", url(n), `--Storage:Root=${root}`, "--Agent=none", "--HttpApi:RateLimit=false", "--Conversations:MaxConcurrentConversations=0"]);
const shadow = (n, candidate) =>
  start(["shadow", "--v0", url(0), "--candidate", candidate, "--listen", url(n), "--timeout", "5", "--max-errors", "100"]);

serve(0, join(work, "store"));
serve(1, join(work, "copy"));
const hanging = createServer(() => {}).listen(port + 4, "127.0.0.1");
const shadows = [shadow(2, url(1)), shadow(3, url(4))];
for (const n of [0, 1, 2, 3]) {
  await answers(url(n));
}

// Each client of a way has a conversation of its own: an action is told to three clients, and not to all.
const connect = (address, conversation = "latency") =>
  new Promise((resolve, reject) => {
    const query = { conversation_id: conversation, latest_event_id: -1 };
    const socket = io(address, { transports: ["websocket"], forceNew: true, query });
    socket.on("connect", () => resolve(socket));
    socket.on("connect_error", reject);
  });
const ask = async (socket) => {
  const started = process.hrtime.bigint();
  await socket.timeout(20_000).emitWithAck("oh_user_action", { action: "message", args: { content: "How long?" } });
  return Number(process.hrtime.bigint() - started) / 1e6;
};
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const ways = [["direct", url(0)], ["through shadow", url(2)], ["through shadow, candidate hangs", url(3)]];
const groups = [];
for (const [, address] of ways) {
  const sockets = [];
  for (let n = 0; n < Number(clients); n++) {
    sockets.push(await connect(address, `c${n}`));
  }
  groups.push(sockets);
}

// While it is measured, clients come: that is what is compared.
let coming = true;
const comers = ways.slice(1).map(async ([, address]) => {
  while (coming) {
    (await connect(address)).disconnect();
    await sleep(100);
  }
});
const times = ways.map(() => []);
for (let round = -1; round < Number(rounds); round++) {
  for (const index of ways.keys()) {
    for (const socket of groups[index]) {
      const time = await ask(socket);
      if (round >= 0) {
        times[index].push(time);
      }
      await sleep(0);
    }
  }
}
coming = false;
await Promise.all(comers);

const at = (values, part) => [...values].sort((a, b) => a - b)[Math.floor(values.length * part)];
console.log(`${clients} clients a way, ${times[0].length} answers each`);
console.log("| way | median | 95 % | 99 % | more at the median |\n|---|---|---|---|---|");
for (const [index, [name]] of ways.entries()) {
  const [half, most, nearly] = [0.5, 0.95, 0.99].map((part) => at(times[index], part));
  const more = index === 0 ? "" : `${(half - at(times[0], 0.5)).toFixed(3)} ms`;
  console.log(`| ${name} | ${half.toFixed(3)} ms | ${most.toFixed(3)} ms | ${nearly.toFixed(3)} ms | ${more} |`);
}
for (const child of shadows) {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  console.log(`shadow: ${/VmRSS:\s+(\d+)/.exec(status)?.[1] >> 10} MiB resident`);
}
groups.flat().forEach((socket) => socket.disconnect());
hanging.close();
process.exit(0);
