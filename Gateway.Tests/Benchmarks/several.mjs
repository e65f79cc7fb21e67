// What several gateways on one PostgreSQL cost, beside one with files and beside socket.io with its PostgreSQL adapter on Node. Starts a
// database and the servers itself, and plays the clients. Prints one JSON line for each scenario and set of servers, with medians of ROUNDS.
// node several.mjs GATEWAY.dll PORT [scenario…]   (append-1, append-50, deliver, replay, fanout, idle; in a folder that has npm's ws,
//   socket.io, @socket.io/postgres-adapter and pg)
// Sets of servers: files (one Gateway), one and two (Gateways on the database), node (two of socket.io). SETS narrows them down.
import { execFileSync, spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { answers, at, cpuOf, end, medians, round, sleep } from "./measure.mjs";
const require = createRequire(process.cwd() + "/");
const WebSocket = require("ws"), pg = require("pg");
const [, , program, firstPort, ...asked] = process.argv;
const here = path.dirname(fileURLToPath(import.meta.url));
const rounds = Number(process.env.ROUNDS ?? 5);
const scenarios = asked.length ? asked : ["append-1", "append-50", "deliver", "replay", "fanout", "idle"];
const sets = (process.env.SETS ?? "files one two node").split(" ");
const folder = fs.mkdtempSync(path.join(process.env.STORE_IN ?? os.tmpdir(), "several-"));
fs.chmodSync(folder, 0o777);

// The database: a server of its own, that waits for the disk.

const programs = "/usr/lib/postgresql", bin = path.join(programs, fs.readdirSync(programs).at(-1), "bin");
const data = path.join(folder, "data"), databasePort = Number(firstPort) + 50;
// PostgreSQL refuses to run as root.
const run = (...command) => {
  const [file, ...args] = process.getuid() === 0 ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", ...command] : command;
  return [file, args];
};
execFileSync(...run(path.join(bin, "initdb"), "-D", data, "-A", "trust", "-U", "gateway", "-E", "UTF8", "--locale=C"), { stdio: "ignore" });
const [file, args] = run(path.join(bin, "postgres"), "-D", data, "-p", `${databasePort}`, "-c", "listen_addresses=127.0.0.1", "-c", `unix_socket_directories=${folder}`,
  "-c", "shared_buffers=256MB", "-c", "max_connections=200");
const database = spawn(file, args, { stdio: "ignore" });
const urlOf = (name) => `postgres://gateway@127.0.0.1:${databasePort}/${name}`;
async function query(name, text, ...values) {
  for (let tries = 0; ; tries++) {
    const client = new pg.Client(urlOf(name));
    try { await client.connect(); return (await client.query(text, values)).rows; }
    catch (error) { if (tries > 100 || !/ECONNREFUSED|starting up|terminated/.test(error.message)) throw error; await sleep(100); }
    finally { await client.end().catch(() => {}); }
  }
}

// The servers of a set.

// What tells a client that it gets events from now on: socket.io has answered CONNECT before.
let servers = [], name = "", databases = 0, ready = "40";
async function start(set, store) {
  name = `bench${databases++}`;
  ready = set === "node" ? "replayed" : "40";
  await query("postgres", `CREATE DATABASE ${name}`);
  if (set === "node") await query(name, `CREATE TABLE peer_heads (conversation text PRIMARY KEY, head integer NOT NULL) WITH (fillfactor = 50);
    CREATE TABLE peer_events (conversation text, id integer, body text, PRIMARY KEY (conversation, id));
    CREATE TABLE socket_io_attachments (id bigserial UNIQUE, created_at timestamptz DEFAULT now(), payload bytea)`);
  fs.rmSync(path.join(folder, "store"), { recursive: true, force: true });
  fs.mkdirSync(path.join(folder, "store"));
  if (store && set === "files") fs.cpSync(store, path.join(folder, "store"), { recursive: true });
  const count = set === "two" || set === "node" ? 2 : 1;
  servers = Array.from({ length: count }, (_, k) => {
    const port = Number(firstPort) + k, env = { ...process.env, PORT: `${port}`, DATABASE_URL: set === "files" ? "" : urlOf(name), MAX_CONCURRENT_CONVERSATIONS: "5000" };
    if (set !== "node") Object.assign(env, { FILE_STORE_PATH: path.join(folder, "store"), Storage__Kind: set === "files" ? "Files" : "Postgres" });
    const command = set === "node" ? ["node", path.join(here, "node_several.mjs")] : ["dotnet", program, "--urls", `http://127.0.0.1:${port}`];
    const log = fs.openSync(path.join(folder, `server-${k}.log`), "w");
    return Object.assign(spawn(command[0], command.slice(1), { env, stdio: ["ignore", log, log] }), { port });
  });
  await Promise.all(servers.map((server) => answers(server.port)));
}
async function stop() {
  await Promise.all(servers.map((server) => end(server, "SIGKILL")));
  servers = [];
}

/** Copies a conversation of a file store into the database of the servers that run. */
async function fill(set, store, conversation) {
  const events = path.join(store, "sessions", conversation, "events"), ids = fs.readdirSync(events).map((f) => parseInt(f)).sort((a, b) => a - b);
  const bodies = ids.map((id) => fs.readFileSync(path.join(events, `${id}.json`)));
  if (set === "node") {
    await query(name, "INSERT INTO peer_heads VALUES ($1, $2)", conversation, ids.at(-1));
    await query(name, "INSERT INTO peer_events SELECT $1, * FROM unnest($2::int[], $3::text[])", conversation, ids, bodies.map(String));
  } else {
    await query(name, "INSERT INTO gateway.conversations (conversation_id, user_id, head) VALUES ($1, '', $2)", conversation, ids.at(-1));
    await query(name, "INSERT INTO gateway.events (conversation_id, user_id, id, body) SELECT $1, '', * FROM unnest($2::int[], $3::bytea[])", conversation, ids, bodies);
  }
  await query(name, "VACUUM ANALYZE");
}

const cpu = () => servers.reduce((sum, { pid }) => sum + cpuOf(pid), 0);

// The clients.

/** A client at server K. It gives each event to ON. */
function connect(k, conversation, { latest = 1e9, on = () => {} } = {}) {
  return new Promise((done, fail) => {
    const socket = new WebSocket(`ws://127.0.0.1:${servers[k % servers.length].port}/socket.io/?latest_event_id=${latest}&conversation_id=${conversation}&EIO=4&transport=websocket`, { perMessageDeflate: false });
    const acks = new Map();
    let next = 0;
    socket.act = (content) => new Promise((acked) => {
      acks.set(`${++next}`, acked);
      socket.send(`42${next}["oh_user_action",{"action":"message","args":{"content":"${content}","image_urls":[]}}]`);
    });
    socket.on("message", (data) => {
      if (data[0] === 0x30) socket.send("40");
      else if (data[0] === 0x32) socket.send("3");
      else if (data[0] === 0x34 && data[1] === 0x33) { const text = data.toString(); const id = /^43(\d+)/.exec(text)[1]; acks.get(id)?.(/error/.test(text) ? text : null); acks.delete(id); }
      else if (data[0] === 0x34 && data[1] === 0x34) fail(new Error(data.toString()));
      else if (data[0] === 0x34 && data[1] === 0x32 && ready !== "40" && data.includes(ready)) done(socket);
      else if (data[0] === 0x34 && data[1] === 0x30) { if (ready === "40") done(socket); }
      else if (data[0] === 0x34 && data[1] === 0x32) on(data);
    });
    socket.on("error", fail);
    socket.on("close", () => { fail(new Error("closed")); for (const acked of acks.values()) acked("closed"); });
  });
}
async function connectAll(count, make) {
  const all = [];
  for (let i = 0; i < count; i += 50) all.push(...await Promise.all(Array.from({ length: Math.min(50, count - i) }, (_, j) => make(i + j))));
  return all;
}
const closeAll = (sockets) => sockets.forEach((socket) => { socket.removeAllListeners("close"); socket.terminate(); });

/** How many actions a second are stored and acknowledged: so many conversations, of several each with 4 clients, of one with 8; each client has 8 on the way. */
async function append(conversations) {
  const count = conversations * (conversations > 1 ? 4 : 8);
  const clients = await connectAll(count, (i) => connect(i, `append${i % conversations}`)), results = [];
  for (let i = 0; i <= rounds; i++) {
    const begin = performance.now(), end = begin + 4_000, before = cpu();
    let stored = 0, refused = 0;
    await Promise.all(clients.flatMap((client) => Array.from({ length: 8 }, async () => {
      while (performance.now() < end) if (await client.act("x".repeat(200))) refused++; else stored++;
    })));
    if (refused) throw new Error(`${refused} were refused`);
    if (i > 0) results.push({ actions_per_s: round(stored / (performance.now() - begin) * 1000, 0), server_cpu_ms_each: round((cpu() - before) / stored, 3) });
  }
  closeAll(clients);
  return medians(results);
}

/** 50 actions a second by a client at the first server, seen by one at the second. */
async function deliver() {
  let seen;
  const watcher = await connect(1, "deliver", { on: (data) => /"content": ?"a/.test(data) && seen?.(performance.now()) }), actor = await connect(0, "deliver"), results = [];
  for (let i = 0; i <= rounds; i++) {
    const times = [];
    for (let n = 0; n < 300; n++) {
      const begin = performance.now(), next = new Promise((done, fail) => { seen = done; setTimeout(fail, 10_000, new Error("an event did not come")); });
      actor.act("a");
      times.push(await next - begin);
      await sleep(Math.max(0, 20 - (performance.now() - begin)));
    }
    if (i > 0) results.push({ p50_ms: round(at(times, 0.5)), p99_ms: round(at(times, 0.99)) });
  }
  closeAll([watcher, actor]);
  return medians(results);
}

/** 10,000 events of 1.8 KB to one client. */
async function replay() {
  const results = [];
  for (let i = 0; i <= rounds; i++) {
    let events = 0;
    const begin = performance.now(), before = cpu();
    const client = await connect(0, "big", { latest: -1, on: () => events++ });
    const ms = performance.now() - begin;
    if (events < 8_000) throw new Error(`only ${events} events`);
    if (i > 0) results.push({ ms: round(ms, 0), server_cpu_ms: round(cpu() - before, 1) });
    closeAll([client]);
    await sleep(1_000);
  }
  return medians(results);
}

/** 50 events to 1,000 clients of one conversation, half at each server, one after another: each when all have the one before. */
async function fanout() {
  let seen = 0, all;
  const clients = await connectAll(1_000, (i) => connect(i, "fanout", { on: () => { if (++seen === 1_000) all(); } })), results = [];
  await sleep(2_000);
  for (let i = 0; i <= rounds; i++) {
    const before = cpu(), begin = performance.now();
    for (let n = 0; n < 50; n++) {
      const done = new Promise((resolve) => (all = resolve));
      seen = 0;
      clients[n % 2].act("x".repeat(500));
      await done;
    }
    const ms = performance.now() - begin;
    await sleep(500);
    if (i > 0) results.push({ server_cpu_us_per_delivery: round((cpu() - before) * 1000 / 50_000), all_ms: round(ms, 0) });
  }
  closeAll(clients);
  return medians(results);
}

/** 1,000 open conversations at each server with one client each, in which nothing happens. */
async function idle(set) {
  const clients = await connectAll(1_000 * servers.length, (i) => connect(i, `idle${i}`));
  await sleep(15_000);
  const counts = async () => set === "files" ? 0 : Number((await query(name, "SELECT xact_commit + xact_rollback AS n FROM pg_stat_database WHERE datname = $1", name))[0].n);
  const before = cpu(), first = await counts(), seconds = 30;
  await sleep(seconds * 1000);
  const result = { queries_per_s_and_server: round((await counts() - first) / seconds / servers.length, 1), server_cpu_ms_per_s: round((cpu() - before) / seconds / servers.length, 1) };
  closeAll(clients);
  return result;
}

try {
  const store = path.join(folder, "original");
  if (scenarios.includes("replay")) execFileSync("/usr/bin/python3", [path.join(here, "make_store.py"), store, "big", "10000"], { stdio: "ignore" });
  for (const scenario of scenarios) {
    for (const set of sets) {
      await start(set, scenario === "replay" ? store : null);
      if (scenario === "replay" && set !== "files") await fill(set, store, "big");
      const result = scenario.startsWith("append-") ? await append(Number(scenario.slice(7))) : await { deliver, replay, fanout, idle }[scenario](set);
      console.log(JSON.stringify({ scenario, set, servers: servers.length, ...result }));
      await stop();
    }
  }
} finally {
  await stop();
  await end(database, "SIGINT");
  fs.rmSync(folder, { recursive: true, force: true });
}
process.exit();
