// What Gateway costs between a V1 agent-server and V0's clients. This process plays both; Gateway is a process of its own, so that only
// its processor time and memory count. Prints one JSON line for each scenario, with medians of ROUNDS.
// node v1.mjs GATEWAY.dll PORT [scenario…]     (live, live-800, open-2600, open-20000, work-30, large, return-500, fire-30; in a folder that has npm's ws)
// return-500 cuts the server's sockets of so many conversations at once and tells how they come back.
// fire-30 runs for MINUTES (1): users of 30 conversations write one message after the other while the server restarts three times; a
// third of the conversations is in containers. It fails when a client sees an event not at all, twice or out of order, when a socket is
// held for a conversation at rest, or when looking wakes a container.
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import os from "node:os";
import path from "node:path";
import { createRequire } from "node:module";
import { answers, at, cpuOf, end, medians, memoryOf, round, sleep } from "./measure.mjs";
const { WebSocket, WebSocketServer } = createRequire(process.cwd() + "/")("ws");
const [, , program, port, ...asked] = process.argv;
const rounds = Number(process.env.ROUNDS ?? 5);
const scenarios = asked.length ? asked : ["live", "open-2600", "open-20000", "work-30", "large"];

// The agent-server.

/** A UUID from two numbers, so that a log is the same each time it is made. */
const uuid = (a, b) => `${a.toString(16).padStart(8, "0")}-0000-4000-8000-${b.toString(16).padStart(12, "0")}`;
const stamp = (ms) => new Date(ms).toISOString().replace("Z", "000");
const output = "total 48\n" + Array.from({ length: 12 }, (_, i) => `-rw-r--r-- 1 openhands openhands 1${i}24 Nov 24 10:00 file-${i}.py\n`).join("");
const text = (value) => ({ cache_prompt: false, type: "text", text: value });
const update = (key, value) => ({ source: "environment", key, value, kind: "ConversationStateUpdateEvent" });
const stats = (n) => update("stats", { usage_to_metrics: { agent: { model_name: "openai/gpt-4o", accumulated_cost: n * 0.0005, max_budget_per_task: null,
  accumulated_token_usage: { model: "openai/gpt-4o", prompt_tokens: n * 120, completion_tokens: n * 20, cache_read_tokens: 0, cache_write_tokens: 0,
    reasoning_tokens: 0, context_window: 128000, per_turn_token: 140, response_id: "" } } } });
const message = (source, role, value) => ({ source, llm_message: { role, content: [text(value)], thinking_blocks: [] }, activated_skills: [], extended_content: [], kind: "MessageEvent" });

/** The event of number N in a log of turns of 40: a message, twelve commands, an answer. MARK comes through to V0's clients. */
function shape(n, mark, size) {
  const place = n % 40, call = `call_${n - (place % 3)}`;
  if (place === 0) return message("user", "user", `Look at the workspace. ${mark}`);
  if (place === 1) return update("execution_status", "running");
  if (place === 38) return message("agent", "assistant", `All is done. ${mark}`);
  if (place === 39) return update("execution_status", "finished");
  if (place % 3 === 2) return stats(n);
  if (place % 3 === 0) {
    const command = `ls -la # ${mark}`;
    return { source: "agent", thought: [text("I look at what is there.")], thinking_blocks: [], tool_name: "terminal", tool_call_id: `call_${n + 1}`,
      action: { command, is_input: false, reset: false, kind: "TerminalAction" }, security_risk: "LOW", summary: "look around",
      tool_call: { id: `call_${n + 1}`, name: "terminal", arguments: JSON.stringify({ command }), origin: "completion" }, llm_response_id: `chatcmpl-${n}`, kind: "ActionEvent" };
  }
  return { source: "environment", tool_name: "terminal", tool_call_id: `call_${n}`, extended_content: [], kind: "ObservationEvent",
    observation: { command: "ls -la", exit_code: 0, timeout: false, is_error: false, content: [text(`${output}${"x".repeat(size)}\n${mark}`)],
      metadata: { exit_code: 0, pid: 17, username: "openhands", hostname: "box", working_dir: "/workspace", py_interpreter_path: "/usr/bin/python" }, kind: "TerminalObservation" } };
}

class Conversation {
  constructor(id, length, size = 0) { Object.assign(this, { id, length, size, sockets: new Set(), begin: Date.now() - 2e9, live: [], pages: 0, pageBytes: 0, status: "idle", isContainer: false, usedAt: -Infinity, wakes: 0 }); }
  get count() { return this.length + this.live.length; }
  event(n) {
    if (n >= this.length) return this.live[n - this.length];
    return this.make(n, `@${n}@`, this.begin + n * 200);
  }
  make(n, mark, ms) { return { id: uuid(n + 1, parseInt(this.id.slice(0, 6), 16)), timestamp: stamp(ms), ...shape(n, mark, this.size) }; }
  play() {
    const n = this.count, event = this.make(n, `@${n}@`, Date.now());
    this.live.push(event);
    const frame = JSON.stringify({ type: "durable", seq: n, event });
    const sent = performance.now();
    for (const socket of this.sockets) socket.send(frame);
    return [n, sent];
  }
  /** A user's message, and all that comes of it. */
  async run() {
    this.status = "running";
    for (let place = 0; place < 40; place++) {
      while (isDown) await sleep(20);
      if (place === 39) this.status = "finished";
      this.play();
      await sleep(5 + Math.random() * 40);
    }
    this.usedAt = performance.now();
  }
  page(from, limit) {
    const first = from ? parseInt(from.slice(0, 8), 16) - 1 : 0, items = [];
    for (let n = first; n < Math.min(this.count, first + limit); n++) items.push(JSON.stringify(this.event(n)));
    const next = first + items.length < this.count ? JSON.stringify(uuid(first + items.length + 1, parseInt(this.id.slice(0, 6), 16))) : "null";
    const body = `{"items":[${items.join(",")}],"next_page_id":${next}}`;
    this.pages++; this.pageBytes = Math.max(this.pageBytes, body.length);
    return body;
  }
}

const conversations = new Map();
const add = (number, length, size) => { const c = new Conversation(number.toString(16).padStart(6, "0") + "00000040008000000000000000", length, size); conversations.set(c.id, c); return c; };
let isDown = false;
const server = http.createServer((request, response) => {
  if (isDown) { request.destroy(); return; }
  const url = new URL(request.url, "http://v1"), known = conversations.get(url.pathname.split("/")[3]?.replaceAll("-", ""));
  const answer = (status, body) => { response.writeHead(status, { "content-type": "application/json", "content-length": Buffer.byteLength(body) }); response.end(body); };
  if (url.pathname === "/server_info") answer(200, `{"version":"1.58.2"}`);
  else if (!known) answer(404, `{"detail":"Not Found"}`);
  else if (url.pathname.endsWith("/events/search")) answer(200, known.page(url.searchParams.get("page_id"), Number(url.searchParams.get("limit"))));
  else if (request.method === "POST") { request.resume().on("end", () => { known.usedAt = performance.now(); known.run(); answer(200, `{"success":true}`); }); }
  else answer(200, JSON.stringify({ id: url.pathname.split("/")[3], execution_status: known.status, updated_at: stamp(known.begin + known.count), confirmation_policy: { kind: "NeverConfirm" }, title: "A title" }));
});
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
server.on("upgrade", (request, raw, head) => isDown ? raw.destroy() : sockets.handleUpgrade(request, raw, head, async (socket) => {
  const url = new URL(request.url, "http://v1"), known = conversations.get(url.pathname.split("/")[3].replaceAll("-", ""));
  const after = Number(url.searchParams.get("after_seq")), through = known.count - 1;
  socket.send(JSON.stringify(through > after ? { type: "sync", from_seq: after + 1, through_seq: through } : { type: "sync" }));
  for (let n = after + 1; n < known.count; n++) {
    socket.send(`{"type":"durable","seq":${n},"event":${JSON.stringify(known.event(n))}}`);
    if (socket.bufferedAmount > 4e6) await sleep(5);
  }
  if (known.status !== "running" && performance.now() - known.usedAt > 5_000) known.wakes++;
  known.sockets.add(socket);
  known.backAt ??= performance.now();
  socket.on("close", () => known.sockets.delete(socket));
}));
await new Promise((done) => server.listen(0, "127.0.0.1", done));

// Gateway, and what it costs.

const store = fs.mkdtempSync(path.join(process.env.STORE_IN ?? os.tmpdir(), "gateway-v1-"));
let gateway;
async function start(settings = { V1__DetachAfter: "00:00:00" }) {
  gateway = spawn("dotnet", [program, "--urls", `http://127.0.0.1:${port}`], { stdio: process.env.LOG ? "inherit" : "ignore", env: { ...process.env, Agent: "v1", FILE_STORE_PATH: store,
    V1__BaseUrl: `http://127.0.0.1:${server.address().port}`, HttpApi__RateLimit: "false", ...settings } });
  await answers(port);
}
const stop = () => end(gateway, "SIGTERM");
const cpu = () => cpuOf(gateway.pid), memory = (name) => memoryOf(gateway.pid, name) / 1024;

/** A V0 client. Marks of the events that it is sent are in SEEN, with the time of each one's first coming. */
class Client {
  constructor(conversation, latest = -1) {
    this.seen = new Map(); this.events = 0; this.disorder = 0; this.lastId = -1; this.waiting = []; this.begin = performance.now();
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?latest_event_id=${latest}&conversation_id=${conversation.id}&EIO=4&transport=websocket`, { perMessageDeflate: false });
    this.connected = new Promise((done, fail) => {
      this.socket.on("message", (data) => {
        const now = performance.now(), packet = data.toString();
        if (packet.startsWith("0")) this.socket.send("40");
        else if (packet === "2") this.socket.send("3");
        else if (packet.startsWith("40")) { this.connectMs = now - this.begin; this.eventsBefore = this.events; done(this); }
        else if (packet.startsWith("44")) fail(new Error(packet));
        else if (packet.startsWith("42")) this.take(packet, now);
      });
      this.socket.on("error", fail);
    });
  }
  take(packet, now) {
    const id = /"id": ?(\d+)/.exec(packet.slice(0, 200));
    if (id) { this.events++; this.firstMs ??= now - this.begin; this.disorder += Number(id[1]) <= this.lastId ? 1 : 0; this.lastId = Number(id[1]); }
    for (const [, mark] of packet.matchAll(/@(\d+)@/g)) if (!this.seen.has(Number(mark))) this.seen.set(Number(mark), now);
    this.waiting = this.waiting.filter(([mark, done]) => !(this.seen.has(mark) && (done(now), true)));
  }
  until(mark, limit = 120_000) {
    if (this.seen.has(mark)) return this.seen.get(mark);
    return new Promise((done, fail) => { this.waiting.push([mark, done]); setTimeout(() => fail(new Error(`${mark} has not come`)), limit).unref(); });
  }
  say(content) { this.socket.send(`42${JSON.stringify(["oh_user_action", { action: "message", args: { content } }])}`); }
  close() { this.socket.terminate(); }
}
const lastShown = (c) => { let n = c.count - 1; while (n % 40 !== 38 && n % 40 !== 0 && !(n % 40 % 3 === 1 && n % 40 > 1)) n--; return n; };
const until = async (condition, limit = 20_000) => { for (const end = Date.now() + limit; !condition();) { if (Date.now() > end) throw new Error("too late"); await sleep(5); } };

/** Events at a steady pace for all of these conversations together; gives when each of one's was sent. */
async function play(list, perSecond, count) {
  const begin = performance.now(), sent = list.map(() => new Map());
  for (let i = 0; i < count; i++) {
    const wait = begin + (i * 1000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    const [n, time] = list[i % list.length].play();
    sent[i % list.length].set(n, time);
  }
  return sent;
}

let number = 1;
async function warm() {
  const conversation = add(number++, 400), client = new Client(conversation);
  await client.connected;
  await until(() => conversation.sockets.size > 0);
  await play([conversation], 500, 400);
  await client.until(lastShown(conversation));
  client.close();
}

/** One conversation with so many V1 events a second, for eight seconds. */
async function live(rate) {
  const conversation = add(number++, 0), client = new Client(conversation), results = [];
  await client.connected;
  await until(() => conversation.sockets.size > 0);
  for (let i = 0; i < rounds; i++) {
    await sleep(1500);
    const before = cpu(), shownBefore = client.events;
    const [sent] = await play([conversation], rate, rate * 8);
    await client.until(lastShown(conversation));
    await sleep(1500);
    const used = cpu() - before, late = [];
    for (const [n, time] of sent) if (client.seen.has(n)) late.push(client.seen.get(n) - time);
    results.push({ cpu_ms_per_v1_event: round(used / sent.size, 3), cpu_ms_per_v0_event: round(used / (client.events - shownBefore), 3), added_p50_ms: round(at(late, 0.5)), added_p99_ms: round(at(late, 0.99)) });
  }
  client.close();
  return medians(results);
}

async function open(length) {
  const results = [];
  for (let i = 0; i < (length > 10_000 ? Math.min(3, rounds) : rounds); i++) {
    await start(); await warm(); await sleep(1500);
    const conversation = add(number++, length), before = cpu();
    let client = new Client(conversation);
    await client.connected;
    await client.until(lastShown(conversation));
    await sleep(1000);
    const fresh = client, used = cpu() - before;
    client.close();
    await stop(); await start(); await warm(); await sleep(2500);
    const rss = memory("VmRSS"), knownBefore = cpu();
    fs.writeFileSync(`/proc/${gateway.pid}/clear_refs`, "5");
    const pages = conversation.pages;
    client = new Client(conversation, fresh.lastId);
    await client.connected;
    const peak = memory("VmHWM") - rss;
    await until(() => conversation.sockets.size > 0);
    results.push({ new_first_event_ms: round(fresh.firstMs, 0), new_connect_ms: round(fresh.connectMs, 0), events_before_connect: fresh.eventsBefore, all_ms: round(fresh.seen.get(lastShown(conversation)) - fresh.begin, 0), disorder: fresh.disorder,
      cpu_ms_per_v1_event: round(used / length, 3), known_connect_ms: round(client.connectMs, 0), known_cpu_ms: round(cpu() - knownBefore, 0), known_peak_mb: round(peak, 1), known_pages: conversation.pages - pages });
    client.close();
    await stop();
  }
  return medians(results);
}

async function work(count) {
  const results = [];
  for (let i = 0; i < Math.min(3, rounds); i++) {
    await start(); await warm(); await sleep(3000);
    const rss = memory("VmRSS"), list = Array.from({ length: count }, () => add(number++, 40));
    const clients = list.map((conversation) => new Client(conversation));
    await Promise.all(clients.map((client) => client.connected));
    await until(() => list.every((conversation) => conversation.sockets.size > 0));
    const before = cpu();
    await play(list, 150, 3_000);
    await Promise.all(clients.map((client, k) => client.until(lastShown(list[k]))));
    const used = cpu() - before;
    results.push({ rss_mb_per_conversation: round((memory("VmRSS") - rss) / count), cpu_ms_per_v1_event: round(used / 3_000, 3) });
    clients.forEach((client) => client.close());
    await stop();
  }
  return medians(results);
}

/** 200 MiB in events of 1 MiB. */
async function large() {
  await start(); await warm(); await sleep(2500);
  const conversation = add(number++, 600, 1_048_576), rss = memory("VmRSS");
  fs.writeFileSync(`/proc/${gateway.pid}/clear_refs`, "5");
  const client = new Client(conversation);
  await client.connected;
  await client.until(lastShown(conversation));
  const result = { connect_ms: round(client.connectMs, 0), all_ms: round(performance.now() - client.begin, 0), peak_mb: round(memory("VmHWM") - rss, 0), disorder: client.disorder, largest_page_mb: round(conversation.pageBytes / 1048576, 1), pages: conversation.pages };
  client.close();
  await stop();
  return result;
}

/** The server goes away for two seconds while it has a socket for each of many conversations. */
async function comeBack(count) {
  await start();
  const list = Array.from({ length: count }, () => add(number++, 40));
  const clients = [];
  for (const conversation of list) { const client = new Client(conversation); clients.push(client); await client.connected; }
  await until(() => list.every((c) => c.sockets.size > 0), 60_000);
  isDown = true;
  for (const c of list) for (const socket of c.sockets) socket.close(1012, "restart");
  await sleep(2_000);
  for (const c of list) c.backAt = undefined;
  const begin = performance.now();
  isDown = false;
  await until(() => list.every((c) => c.backAt !== undefined), 120_000);
  await play(list, 500, count * 3);
  await Promise.all(clients.map((client, k) => client.until(lastShown(list[k]))));
  const seconds = list.map((c) => Math.floor((c.backAt - begin) / 1000));
  const perSecond = Array.from({ length: Math.max(...seconds) + 1 }, (_, s) => seconds.filter((x) => x === s).length);
  const result = { back_in_s: round((Math.max(...list.map((c) => c.backAt)) - begin) / 1000, 1), most_in_a_second: Math.max(...perSecond), per_second: perSecond,
    faults: clients.filter((client) => client.disorder || client.socket.readyState !== WebSocket.OPEN).map((_, k) => list[k].id) };
  clients.forEach((client) => client.close());
  await stop();
  return result;
}

/** Users at work in many conversations while the server goes and comes back. */
async function fire(count) {
  const detach = 3_000, minutes = Number(process.env.MINUTES ?? 1), end = performance.now() + minutes * 60_000;
  await start({ V1__DetachAfter: "00:00:03", V1__LookInterval: "00:00:02" });
  const list = Array.from({ length: count }, (_, k) => Object.assign(add(number++, 0), { isContainer: k % 3 === 0 }));
  const clients = list.map((conversation) => new Client(conversation));
  await Promise.all(clients.map((client) => client.connected));
  await until(() => clients.every((client) => client.events > 0));
  const samples = [], faults = [];
  let held = 0, idle = 0, turns = 0;
  const watch = setInterval(() => {
    const now = performance.now();
    held = Math.max(held, list.filter((c) => c.sockets.size > 0).length);
    // A socket may be on its way out for a moment.
    idle = Math.max(idle, list.filter((c) => c.sockets.size > 0 && c.status !== "running" && now - c.usedAt > detach + 2_000).length);
    for (const c of list) if (c.sockets.size > 1) faults.push(`${c.id}: ${c.sockets.size} sockets`);
  }, 100);
  const ticks = () => fs.readFileSync(`/proc/${gateway.pid}/stat`, "utf8").split(") ")[1].split(" ").slice(11, 13).reduce((sum, t) => sum + Number(t) * 10, 0);
  const sample = setInterval(() => samples.push([ticks(), memory("VmRSS")]), Math.max(5_000, minutes * 6_000));
  const restarts = (async () => {
    for (let i = 0; i < 3; i++) {
      await sleep((minutes * 60_000) / 4);
      isDown = true;
      for (const c of list) for (const socket of c.sockets) c.isContainer ? socket.close(1000) : i % 2 ? socket.terminate() : socket.close(1012, "restart");
      await sleep(4_000);
      isDown = false;
    }
  })();
  await Promise.all(list.map(async (conversation, k) => {
    await sleep(Math.random() * 5_000);
    while (performance.now() < end) {
      if (isDown) { await sleep(100); continue; }
      const first = conversation.count;
      conversation.usedAt = performance.now();
      clients[k].say(`Look at the workspace. @${first}@`);
      await until(() => conversation.count > first || isDown, 60_000);
      // Nobody knows what became of it: until Gateway does, the socket is held for it.
      if (conversation.count === first) { conversation.usedAt = performance.now() + 125_000; await sleep(500); continue; }
      turns++;
      await clients[k].until(first + 38, 120_000).catch(() => faults.push(`${conversation.id}: ${first + 38} has not come`));
      // Long enough now and then that the socket is let go, and a container would sleep.
      await sleep(Math.random() < 0.3 ? 9_000 : 500);
    }
  }));
  await restarts;
  await sleep(3_000);
  clearInterval(watch); clearInterval(sample);
  clients.forEach((client, k) => {
    const shown = Array.from({ length: list[k].count }, (_, n) => n).filter((n) => { const place = n % 40; return place === 0 || place === 38 || (place > 2 && place < 38 && place % 3 !== 2); });
    const missing = shown.filter((n) => !client.seen.has(n));
    if (missing.length) faults.push(`${list[k].id}: ${missing.length} of ${shown.length} are missing, the first ${missing[0]}`);
    if (client.disorder) faults.push(`${list[k].id}: ${client.disorder} twice or out of order`);
    if (client.socket.readyState !== WebSocket.OPEN) faults.push(`${list[k].id}: its client was disconnected`);
  });
  const wakes = list.filter((c) => c.isContainer).reduce((sum, c) => sum + c.wakes, 0);
  if (wakes) faults.push(`${wakes} containers were woken by nobody's action`);
  if (idle) faults.push(`${idle} sockets were held for conversations at rest`);
  clients.forEach((client) => client.close());
  await stop();
  const steps = samples.map(([ms], i) => round((ms - (samples[i - 1]?.[0] ?? ms)) / Math.max(5, minutes * 6) / 10, 1));
  return { minutes, turns, events: list.reduce((sum, c) => sum + c.count, 0), most_sockets: held, cpu_percent: steps.slice(1), rss_mb: samples.map(([, mb]) => round(mb, 0)), faults: faults.slice(0, 10) };
}

try {
  for (const scenario of scenarios) {
    let result;
    if (scenario.startsWith("live")) { await start(); await warm(); result = await live(Number(scenario.slice(5) || 50)); await stop(); }
    else if (scenario.startsWith("open-")) result = await open(Number(scenario.slice(5)));
    else if (scenario.startsWith("work-")) result = await work(Number(scenario.slice(5)));
    else if (scenario.startsWith("return-")) result = await comeBack(Number(scenario.slice(7)));
    else if (scenario === "large") result = await large();
    else if (scenario.startsWith("fire-")) result = await fire(Number(scenario.slice(5)));
    console.log(JSON.stringify({ scenario, ...result }));
    process.exitCode ||= result.faults?.length ? 1 : 0;
  }
} finally {
  gateway?.kill("SIGKILL");
  fs.rmSync(store, { recursive: true, force: true });
}
process.exit();
