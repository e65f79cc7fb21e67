// What REST calls cost those who are connected: one client acts and waits for its event back, beside idle ones, in turns without and with
// REST calls at a steady rate from another process. Prints one JSON line.
// node beside.mjs URL PATH RATE IDLE SECONDS PID   (URL with ws://; SECONDS of each turn; PID of the server)
import { fork } from "node:child_process";
import http from "node:http";
import { createRequire } from "node:module";
import { at, cpuOf, round, sleep } from "./measure.mjs";
const [, , url, path, rate, idle, seconds, pid] = process.argv;
const pct = (xs, p) => round(at(xs, p));
const actionsPerSecond = 50;
const turns = 3;

/** Runs START at a steady rate, whether or not the ones before have ended; the pace is kept by the clock. */
async function paced(perSecond, start) {
  const begin = performance.now(), total = perSecond * Number(seconds);
  for (let n = 0; n < total; n++) {
    const wait = begin + (n * 1000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    await start(n);
  }
}

async function callRest() {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 16 }), times = [], calls = [];
  let failed = 0;
  const get = () => new Promise((done) => {
    const begin = performance.now();
    http.get(url.replace(/^ws/, "http") + path, { agent }, (answer) => {
      answer.resume().on("end", () => { answer.statusCode === 200 ? times.push(performance.now() - begin) : failed++; done(); });
    }).on("error", () => { failed++; done(); });
  });
  await paced(Number(rate), () => { calls.push(get()); });
  await Promise.all(calls);
  process.send({ calls: times.length, failed, rest_p50_ms: pct(times, 0.5), rest_p99_ms: pct(times, 0.99) });
}

function connect(conversation, onEvent) {
  const WebSocket = createRequire(process.cwd() + "/")("ws");
  return new Promise((done, fail) => {
    const socket = new WebSocket(`${url}/socket.io/?latest_event_id=1000000000&conversation_id=${conversation}&EIO=4&transport=websocket`);
    socket.on("message", (data) => {
      const packet = data.toString();
      if (packet.startsWith("0")) socket.send("40");
      else if (packet === "2") socket.send("3");
      else if (packet.startsWith("40")) done(socket);
      else if (packet.startsWith("42")) onEvent();
    });
    socket.on("error", fail);
    socket.on("close", () => fail(new Error("closed")));
  });
}

async function act(socket, state) {
  const times = [];
  await paced(actionsPerSecond, async (n) => {
    const begin = performance.now();
    const back = new Promise((done) => { state.next = done; });
    socket.send(`42["oh_user_action",{"action":"message","args":{"content":"${n}","image_urls":[]}}]`);
    await back;
    times.push(performance.now() - begin);
  });
  return times;
}

async function main() {
  const cpu = () => cpuOf(pid);
  for (let i = 0; i < Number(idle); i += 100) {
    await Promise.all(Array.from({ length: Math.min(100, Number(idle) - i) }, (_, n) => connect(`idle${n}`, () => {})));
  }
  const state = { next: null }, alone = [], beside = [], rest = [];
  const socket = await connect("acting", () => state.next?.());
  await act(socket, state);
  let cpuAlone = 0, cpuBeside = 0;
  for (let turn = 0; turn < turns; turn++) {
    const before = cpu();
    alone.push(...await act(socket, state));
    const between = cpu();
    const child = fork(process.argv[1], process.argv.slice(2), { env: { ...process.env, CALLS: "1" } });
    const told = new Promise((done) => child.once("message", done));
    beside.push(...await act(socket, state));
    rest.push(await told);
    cpuAlone += between - before;
    cpuBeside += cpu() - between;
  }
  const perCall = (cpuBeside - cpuAlone) / rest.reduce((sum, one) => sum + one.calls, 0);
  console.log(JSON.stringify({
    mode: "beside", path, rate: Number(rate), idle: Number(idle), actions: alone.length,
    alone: { p50_ms: pct(alone, 0.5), p99_ms: pct(alone, 0.99) }, beside: { p50_ms: pct(beside, 0.5), p99_ms: pct(beside, 0.99) },
    rest, server_cpu_ms_per_call: +perCall.toFixed(3),
  }));
  process.exit(0);
}

await (process.env.CALLS ? callRest() : main());
process.exit(0);
