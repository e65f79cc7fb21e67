// The bench: prepares a store, starts the servers, checks that they give the same answers, runs each row, and writes what came of it.
// Called by `run`, which builds first: node bench.mjs ROOT [ROW…] [--peers a,b] [--out FOLDER] [--compare FILE] [--list]
import { execFileSync, spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { check, peersOf, start } from "./servers.mjs";
import { compare, print, write } from "./report.mjs";
import { rows } from "./rows.mjs";

const { values: given, positionals: [root, ...named] } = parseArgs({
  allowPositionals: true,
  options: { peers: { type: "string" }, out: { type: "string" }, compare: { type: "string" }, list: { type: "boolean" } },
});
if (given.list) {
  for (const [id, row] of Object.entries(rows)) console.log(`${id.padEnd(14)}${row.title}`);
  process.exit(0);
}
const own = /^(several|v1-)/;
const unknown = named.find((id) => !rows[id] && !own.test(id));
if (unknown) {
  console.error(`run: '${unknown}' is not a row; --list names them`);
  process.exit(2);
}

const here = import.meta.dirname;
const runs = Number(process.env.RUNS ?? 5);
const work = fs.mkdtempSync(path.join(os.tmpdir(), "gateway-bench-"));
const storeIn = process.env.STORE_IN ? fs.mkdtempSync(path.join(process.env.STORE_IN, "gateway-bench-")) : work;
process.on("exit", () => [work, storeIn].forEach((folder) => fs.rmSync(folder, { recursive: true, force: true })));
process.on("SIGINT", () => process.exit(130));
process.on("SIGTERM", () => process.exit(143));
const say = (text) => console.error(text);
const install = (...names) =>
  spawnSync("npm", ["install", "--silent", "--no-audit", "--no-fund", ...names], { cwd: work, stdio: ["ignore", "ignore", "ignore"], timeout: 180_000 }).status === 0;
if (!install("ws@8", "socket.io@4", "@socket.io/postgres-adapter@0", "pg@8", "@socket.io/bun-engine@0", "bun@1")) {
  throw new Error("npm cannot install the JavaScript peers");
}
const script = (name, ...args) => execFileSync("/usr/bin/python3", [`${here}/${name}`, ...args.map(String)], { encoding: "utf8" }).trim();
const dll = `${root}/Gateway/bin/Release/net10.0/Gateway.dll`;

// Measurements with servers of their own.
for (const id of named.filter((name) => own.test(name))) {
  const [file, ...args] = id.startsWith("v1-") ? ["v1.mjs", dll, "4510", id.slice(3)] : ["several.mjs", dll, "4510", ...id.split("-").slice(1)];
  spawnSync("node", [`${here}/${file}`, ...args], { cwd: work, stdio: "inherit" });
}
const wanted = named.length > 0 ? named.filter((id) => rows[id]) : Object.keys(rows).filter((id) => !rows[id].isOnlyNamed);
if (wanted.length === 0) process.exit(0);

// Built from Node's own sources, which a registry does not have: not everywhere.
install("eiows");
const peers = peersOf(root, work);
const asked = given.compare ? ["gateway"] : (given.peers ?? Object.keys(peers).join()).split(",");
for (const name of asked.filter((name) => peers[name]?.isMissing)) say(`${name} cannot be installed, or is not: that peer is left out`);
const store = path.join(storeIn, "store");
const stores = { main: store, rest: path.join(storeIn, "rest") };
let ports = 4600, names = 0;
const notes = new Set();
const bench = {
  dll, known: "",
  port: () => ports++,
  fresh: () => `run${names++}-`,
  note: (text) => { if (!notes.has(text)) say(`  ! ${text}`); notes.add(text); },
  start(name, options = {}) {
    return start(peers[name], { work, port: options.port ?? bench.port(), store: options.store ?? store, ...options });
  },
};
prepare();

const result = { made: new Date().toISOString(), machine: `${os.cpus().length} cores, ${os.cpus()[0].model}, Linux ${os.release()}`, versions: versions(), runs, rows: {} };
for (const id of wanted) {
  await measure(id, rows[id]);
  result.notes = [...notes];
  write(result, rows, peers, given.out);
}
print(result, rows, peers);
if (given.compare) compare(result, JSON.parse(fs.readFileSync(given.compare, "utf8")), rows);
process.exit(0);

function prepare() {
  say("preparing the store");
  const has = (...ids) => ids.some((id) => wanted.includes(id));
  script("make_store.py", store, "check", 60);
  if (has("replay-1", "replay-1-deflate")) script("make_store.py", store, "big", 10_000);
  if (has("replay-8", "replay-8-deflate", "replay-slow")) script("make_store.py", store, "mid", 2000);
  if (has("replay-slow")) script("make_store.py", store, "slow", 100_000);
  if (has("avalanche", "deploy", "hand-over")) makeMessages("avalanche", 500, 1000);
  fs.mkdirSync(stores.rest);
  if (has("rest-list", "rest-one")) bench.known = script("make_conversations.py", stores.rest, 1000);
  if (has("idle-tls")) {
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-days", "2", "-keyout", `${work}/key.pem`, "-out", `${work}/cert.pem`], { stdio: "ignore" });
  }
  if (asked.includes("gateway")) {
    say("publishing Gateway");
    execFileSync("dotnet", ["publish", `${root}/Gateway`, "-c", "Release", "-r", `${process.platform.replace("win32", "win")}-${process.arch}`, "--self-contained", "-p:PublishSingleFile=true", "--nologo", "-v", "quiet",
      "-p:RunAnalyzers=false", "-o", `${work}/published`, "--artifacts-path", `${work}/artifacts`], { stdio: "ignore" });
  }
}

/** Conversations whose events are all shown: what a client is owed is what is stored. */
function makeMessages(name, conversations, events) {
  for (let c = 0; c < conversations; c++) {
    const folder = path.join(store, "sessions", `${name}${c}`);
    fs.mkdirSync(path.join(folder, "events"), { recursive: true });
    fs.mkdirSync(path.join(folder, "event_cache"));
    for (let start = 0; start < events; start += 25) {
      const page = Array.from({ length: 25 }, (_, i) => ({
        id: start + i, timestamp: "2025-03-01T10:00:00.000000", source: "agent", message: "m", action: "message",
        args: { content: `${start + i} ${"x".repeat(300)}`, file_urls: null, image_urls: null, wait_for_response: false, security_risk: -1 },
      }));
      for (const event of page) fs.writeFileSync(path.join(folder, "events", `${event.id}.json`), JSON.stringify(event));
      fs.writeFileSync(path.join(folder, "event_cache", `${start}-${start + 25}.json`), JSON.stringify(page));
    }
  }
}

function versions() {
  const of = (name) => { try { return JSON.parse(fs.readFileSync(`${work}/node_modules/${name}/package.json`, "utf8")).version; } catch { return null; } };
  const python = spawnSync("/usr/bin/python3", ["-c", "import importlib.metadata as m; print(m.version('python-socketio'))"], { encoding: "utf8" }).stdout.trim();
  const dotnet = execFileSync("dotnet", ["--version"], { encoding: "utf8" }).trim();
  return { ".NET SDK": dotnet, node: process.versions.node, "socket.io": of("socket.io"), bun: of("bun"), eiows: of("eiows"), "python-socketio": python };
}

/** The peers take turns, so that what else the machine does is everybody's. */
async function measure(id, row) {
  const taken = result.rows[id] = {};
  const here = row.peers.filter((name) => asked.includes(name) && !peers[name].isMissing);
  const running = {};
  const secure = row.isSecure && { scheme: "https", env: { ASPNETCORE_Kestrel__Certificates__Default__Path: `${work}/cert.pem`, ASPNETCORE_Kestrel__Certificates__Default__KeyPath: `${work}/key.pem` } };
  const begin = async (name) => {
    const port = bench.port();
    const server = await bench.start(name, { port, store: stores[row.store ?? "main"], ...secure, env: { ...row.env, ...secure?.env }, args: secure ? ["--urls", `https://127.0.0.1:${port}`] : [] });
    if (!secure && !row.store) await check(server, work, store, "check");
    return server;
  };
  const one = async (name, isKept) => {
    const server = row.isAlone ? null : running[name] ?? await begin(name);
    if (server && !row.fresh) running[name] = server;
    try {
      const { figures, isBusier } = await row.run(bench, server, name);
      if (!isKept) return;
      const kept = taken[name] ??= { figures: {}, busier: 0 };
      for (const [figure, value] of Object.entries(figures)) (kept.figures[figure] ??= []).push(Number(value.toPrecision(5)));
      kept.busier += isBusier ? 1 : 0;
      say(`  ${name.padEnd(8)} ${Object.entries(figures).map(([figure, value]) => `${figure}: ${Number(value.toPrecision(4))}`).join("; ")}${isBusier ? " (!)" : ""}`);
    } catch (error) {
      bench.note(`${id}, ${peers[name].title}: ${error.message.split("\n")[0]}`);
    } finally {
      if (server && row.fresh) await server.stop();
    }
  };
  say(`${id}: ${row.title}`);
  if (!row.fresh && !row.isAlone) for (const name of here) await one(name, false);
  for (let turn = 0; turn < Math.min(runs, row.runs ?? runs); turn++) for (const name of here) await one(name, true);
  for (const server of Object.values(running)) await server.stop();
}
