// The rows of the table: what is done, with which servers, what is counted, and what it is to be.
import { spawn } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import { at, cpuOf, memoryOf, sleep } from "./measure.mjs";

const all = ["gateway", "python", "node", "eiows", "bun", "bare"];
const servers = ["gateway", "python", "node", "eiows", "bun"];
const fast = ["gateway", "node", "eiows", "bun", "bare"];
const compressing = ["gateway", "python", "node"];
const deflate = { DEFLATE: "1" };
const own = ["gateway"];

const work = (r) => r.phases.work;
const perEach = (r) => (work(r).serverCpuMilliseconds * 1000) / work(r).count;
const busier = (r) => work(r).generatorIsBusier;
const count = (pid, folder) => fs.readdirSync(`/proc/${pid}/${folder}`).length;

/** One scenario of `gateway load`. What is missing or came twice fails the row. */
async function load(bench, server, words) {
  const args = [bench.dll, "load", "--url", server.url, "--json", "-", ...words.map(String)];
  if (server.pid) args.push("--pid", `${server.pid}`);
  const child = spawn("dotnet", args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, SESSION_API_KEY: "" } });
  let out = "", err = "";
  child.stdout.on("data", (text) => (out += text));
  child.stderr.on("data", (text) => (err += text));
  const code = await new Promise((done) => child.once("close", done));
  if (!out) throw new Error(`load ended with ${code}: ${err}`);
  const result = JSON.parse(out);
  const faults = Object.entries(result.faults);
  if (faults.length > 0 || result.events.missing > 0 || result.events.twice > 0) {
    bench.note(`${server.peer.title}: ${words[1]}: ${JSON.stringify(result.faults)}, ${result.events.missing} missing, ${result.events.twice} twice`);
  }
  return result;
}

async function replay(bench, server, conversation, clients, ...more) {
  const r = await load(bench, server, ["--scenario", "replay", "--conversation", conversation, "--clients", clients, "--warm-up", ...more,
    ...(server.peer.until ? ["--until", server.peer.until] : [])]);
  return {
    figures: { "server CPU, ms": work(r).serverCpuMilliseconds, "time, ms": r.times.replay.longestMilliseconds, "on the wire, MB": r.bytes / 1e6 },
    isBusier: busier(r),
  };
}

async function fanout(bench, server, clients, events, rate, ...more) {
  const r = await load(bench, server, ["--scenario", "fanout", "--conversation", bench.fresh(), "--clients", clients, "--events", events, "--rate", rate,
    "--connecting", 200, ...more]);
  const last = r.times["last client"], each = r.times.delivery;
  return {
    figures: {
      "CPU for each delivery, µs": perEach(r), "last client p50, ms": last.p50Milliseconds, "last client p99, ms": last.p99Milliseconds,
      "last client p99.9, ms": last.p999Milliseconds, "delivery p99.9, ms": each.p999Milliseconds, "on the wire for each, bytes": r.bytes / work(r).count,
    },
    isBusier: busier(r),
  };
}

// Longer than all these servers' ping interval, so that each client is asked once.
async function idle(bench, server, clients, seconds = 26) {
  await load(bench, server, ["--scenario", "connect", "--clients", 200, "--insecure"]);
  await sleep(500);
  const r = await load(bench, server, ["--scenario", "idle", "--clients", clients, "--duration", seconds, "--insecure"]);
  return {
    figures: {
      "memory for each, KB": (r.memory.afterKiB - r.memory.beforeKiB) / clients,
      "CPU for each, µs a second": (work(r).serverCpuMilliseconds * 1000) / work(r).seconds / clients,
      "kernel for each, both ends, KB": r.memory.kernelKiB / clients,
    },
  };
}

async function storm(bench, server, clients) {
  const r = await load(bench, server, ["--scenario", "connect", "--conversation", bench.fresh(), "--clients", clients]);
  return { figures: { "CPU for each, µs": perEach(r), "all are live, s": work(r).seconds }, isBusier: busier(r) };
}

/** Clients that stay while their server goes, and another one comes in its place: when it has ended, or while it hands over. */
async function comeBack(bench, clients, signal, env) {
  const port = bench.port();
  let server = await bench.start("gateway", { port, env });
  const done = load(bench, { ...server, pid: 0 }, ["--scenario", "return", "--clients", clients, "--rooms", 500, "--conversation", "avalanche", "--connecting", 500,
    "--latest-event-id", 949, "--expect", 50, "--duration", 90, "--local-addresses", 8]);
  for (let tries = 0; count(server.pid, "fd") < clients && tries < 600; tries++) await sleep(100);
  await sleep(3000);
  const ended = server.stop(signal);
  if (!env) await ended;
  server = await bench.start("gateway", { port, env });
  await ended;
  const r = await done, cpu = cpuOf(server.pid);
  await server.stop();
  const gap = r.times.gap, first = r.times["complete after the first answer"];
  return {
    figures: {
      "complete, %": ((gap?.count ?? 0) * 100) / clients, "all complete after the first answer, s": (first?.longestMilliseconds ?? NaN) / 1000,
      "longest gap, s": (gap?.longestMilliseconds ?? NaN) / 1000, "median gap, s": (gap?.p50Milliseconds ?? NaN) / 1000,
      "CPU for each, the next process's start included, µs": (cpu * 1000) / clients, "twice": r.events.twice, "lost": r.events.missing,
    },
  };
}

async function deaf(bench, server, clients) {
  const words = (n, neverRead) => ["--scenario", "fanout", "--conversation", bench.fresh(), "--clients", n, "--never-read", neverRead, "--events", 2000,
    "--rate", 25, "--size", 10_000];
  const alone = await load(bench, server, words(clients, 0));
  const r = await load(bench, server, words(clients * 2, clients));
  return {
    figures: {
      "memory for each that does not read, KB": (r.memory.peakKiB - alone.memory.peakKiB) / clients,
      "p99 of the others, ms": r.times.delivery.p99Milliseconds, "p99 without them, ms": alone.times.delivery.p99Milliseconds,
      "p99 with / without": r.times.delivery.p99Milliseconds / alone.times.delivery.p99Milliseconds,
      "kernel, MB": r.memory.kernelKiB / 1024,
    },
    isBusier: busier(r),
  };
}

async function rest(server, pathname, total, connections = 8) {
  const times = [], request = `GET ${pathname} HTTP/1.1\r\nHost: x\r\n\r\n`;
  let left = total;
  const one = () => new Promise((done, fail) => {
    const socket = net.connect(server.port, "127.0.0.1");
    let began, size = -1, got = 0, head = "";
    const next = () => { if (left-- <= 0) { socket.end(); done(); return; } [size, got, head] = [-1, 0, ""]; began = performance.now(); socket.write(request); };
    socket.on("connect", next).on("error", fail).on("data", (data) => {
      if (size < 0) {
        head += data.toString("latin1");
        const finish = head.indexOf("\r\n\r\n");
        if (finish < 0) return;
        if (!head.startsWith("HTTP/1.1 200")) { fail(new Error(head.slice(0, 200))); return; }
        const length = /content-length: (\d+)/i.exec(head);
        size = length ? Number(length[1]) : Infinity;
        got = head.length - finish - 4;
      } else got += data.length;
      if (got >= size || (size === Infinity && data.subarray(-5).toString() === "0\r\n\r\n")) { times.push(performance.now() - began); next(); }
    });
  });
  const cpu = cpuOf(server.pid), mine = process.cpuUsage(), began = performance.now();
  await Promise.all(Array.from({ length: connections }, one));
  const seconds = (performance.now() - began) / 1000, used = process.cpuUsage(mine), served = cpuOf(server.pid) - cpu;
  return {
    figures: { "requests a second": total / seconds, "p99, ms": at(times, 0.99), "server CPU for each, ms": served / total },
    isBusier: (used.user + used.system) / 1000 > served,
  };
}

async function restRow(bench, server, pathname, total) {
  await rest(server, pathname, 300);
  return rest(server, pathname, total);
}

async function startTime(bench, name) {
  const port = bench.port(), began = performance.now();
  const server = await bench.start(name, { port });
  const ms = performance.now() - began;
  await server.stop();
  return { figures: { "until a handshake is answered, s": ms / 1000 } };
}

async function soak(bench, server) {
  const minutes = Number(process.env.SOAK_MINUTES ?? 30);
  const look = () => ({ rss: memoryOf(server.pid, "VmRSS") / 1024, handles: count(server.pid, "fd"), threads: count(server.pid, "task") });
  const done = load(bench, server, ["--scenario", "mixed", "--clients", 2000, "--rooms", 200, "--rate", 0.5, "--churn", 0.01, "--duration", minutes * 60]);
  await sleep((minutes * 60_000) / 6);
  const early = look();
  await sleep(minutes * 50_000 - 5000);
  const late = look();
  await done;
  return {
    figures: {
      "memory after a sixth, MB": early.rss, "memory at the end, MB": late.rss, "memory at the end / after a sixth": late.rss / early.rss, "handles after a sixth": early.handles, "handles at the end": late.handles,
      "threads after a sixth": early.threads, "threads at the end": late.threads,
    },
  };
}

/**
 * `fresh`: a server of its own for each run; otherwise one for all, warmed up by a first run. `goals`: [figure, than whom or null, limit, "least"?].
 * `env`: for its servers. A peer `@ROW` is Gateway itself in that row. `runs`: no more than so many, where one takes long.
 */
export const rows = {
  "replay-1": {
    title: "replay of 10,000 events (1.8 KB), one client", peers: all, run: (bench, server) => replay(bench, server, "big", 1),
    goals: [["server CPU, ms", "python", 1 / 50], ["server CPU, ms", "node", 1 / 8], ["server CPU, ms", "bare", 2]],
  },
  "replay-8": {
    title: "replay of 2,000 events, eight clients", peers: all, run: (bench, server) => replay(bench, server, "mid", 8),
    goals: [["server CPU, ms", "python", 1 / 50], ["server CPU, ms", "node", 1 / 8], ["server CPU, ms", "bare", 2]],
  },
  "replay-1-deflate": {
    title: "the replay of 10,000 events to one client that decompresses", peers: compressing, env: deflate, run: (bench, server) => replay(bench, server, "big", 1, "--compress"),
    goals: [],
  },
  "replay-8-deflate": {
    title: "the replay of 2,000 events to eight clients that decompress", peers: compressing, env: deflate, run: (bench, server) => replay(bench, server, "mid", 8, "--compress"),
    goals: [],
  },
  "replay-slow": {
    title: "replay of 100,000 events to a reader of 1 MB a second", peers: servers, fresh: true, runs: 3,
    async run(bench, server) {
      // Until nothing is compiled any more: that is memory, and none of the reader's.
      for (let n = 0; n < 10; n++) await replay(bench, server, "mid", 1);
      await sleep(1000);
      const r = await load(bench, server, ["--scenario", "replay", "--conversation", "slow", "--read-rate", 1_000_000, "--duration", 10]);
      return { figures: { "memory above idle, MB": (r.memory.peakKiB - r.memory.beforeKiB) / 1024 } };
    },
    goals: [["memory above idle, MB", null, 2]],
  },
  "fanout-1000": {
    title: "fan-out in one room, 1,000 clients", peers: all, run: (bench, server) => fanout(bench, server, 1000, 40, 8),
    goals: [["CPU for each delivery, µs", "bare", 1.3]],
  },
  "fanout-1000-deflate": {
    title: "the fan-out to 1,000 clients that decompress", peers: compressing, env: deflate, run: (bench, server) => fanout(bench, server, 1000, 40, 8, "--compress"),
    goals: [["CPU for each delivery, µs", "@fanout-1000", 1.3]],
  },
  "fanout-10000": {
    title: "fan-out in one room, 10,000 clients", peers: fast, runs: 3, run: (bench, server) => fanout(bench, server, 10_000, 30, 2),
    goals: [["CPU for each delivery, µs", "bare", 1.3], ["CPU for each delivery, µs", "@fanout-1000", 1.2], ["last client p99.9, ms", null, 20]],
  },
  rooms: {
    title: "2,000 rooms of 5 clients, an event a second each", peers: servers, runs: 3,
    async run(bench, server) {
      // More than one event in four seconds is more than python-socketio can do.
      const rate = server.peer.name === "python" ? 0.25 : 1;
      const r = await load(bench, server, ["--scenario", "rooms", "--conversation", bench.fresh(), "--clients", 10_000, "--rooms", 2000, "--rate", rate, "--duration", 10,
        "--connecting", 200]);
      return { figures: { "CPU for each delivery, µs": perEach(r), "delivery p99, ms": r.times.delivery.p99Milliseconds }, isBusier: busier(r) };
    },
    goals: [["CPU for each delivery, µs", "python", 1 / 20], ["CPU for each delivery, µs", "node", 1 / 4]],
  },
  action: {
    title: "action, stored and shown", peers: all,
    async run(bench, server) {
      const r = await load(bench, server, ["--scenario", "action", "--conversation", bench.fresh(), "--events", 1000, "--duration", 60, "--warm-up"]);
      const times = r.times["action to shown"];
      return { figures: { "p50, ms": times.p50Milliseconds, "p99, ms": times.p99Milliseconds, "server CPU for each, µs": perEach(r) } };
    },
    goals: [["p50, ms", "node", 1 / 2], ["p99, ms", "node", 1 / 2]],
  },
  "idle-10000": {
    title: "10,000 idle clients", peers: all, fresh: true, runs: 3, run: (bench, server) => idle(bench, server, 10_000),
    goals: [["memory for each, KB", null, 8], ["CPU for each, µs a second", null, 2]],
  },
  "idle-19000": {
    title: "19,000 idle clients", peers: ["gateway", "bare"], fresh: true, runs: 3, run: (bench, server) => idle(bench, server, 19_000),
    goals: [["memory for each, KB", null, 8], ["CPU for each, µs a second", null, 2]],
  },
  "idle-tls": {
    title: "10,000 idle clients over TLS", peers: own, fresh: true, runs: 3, isSecure: true, run: (bench, server) => idle(bench, server, 10_000),
    goals: [["memory for each, KB", null, 20]],
  },
  avalanche: {
    title: "19,000 clients of 500 conversations back at once after kill -9, each 50 events behind", peers: own, isAlone: true, runs: 3,
    run: (bench) => comeBack(bench, 19_000, "SIGKILL"),
    goals: [["complete, %", null, 100, "least"], ["all complete after the first answer, s", null, 5], ["twice", null, 0], ["lost", null, 0]],
  },
  deploy: {
    title: "the same clients, SIGTERM, the next process", peers: own, isAlone: true, runs: 3, run: (bench) => comeBack(bench, 19_000, "SIGTERM"),
    goals: [["longest gap, s", null, 3], ["twice", null, 0], ["lost", null, 0]],
  },
  "hand-over": {
    // Each open conversation has a locked file then, and a process may have 20,000 open files.
    title: "18,500 such clients, SIGTERM, the next process takes its place (`Engine:HandOverTime`)", peers: own, isAlone: true, runs: 3,
    run: (bench) => comeBack(bench, 18_500, "SIGTERM", { Engine__HandOverTime: "00:00:30", Engine__StopSpread: "00:00:20" }),
    goals: [["longest gap, s", null, 3], ["twice", null, 0], ["lost", null, 0]],
  },
  deaf: {
    title: "1,000 clients that never read among 1,000 that do, 2,000 events of 10 KB", peers: own, fresh: true, runs: 2,
    run: (bench, server) => deaf(bench, server, 1000),
    goals: [["memory for each that does not read, KB", null, 64], ["p99 with / without", null, 1.2]],
  },
  storm: {
    title: "5,000 connects at once, at the head", peers: all, run: (bench, server) => storm(bench, server, 5000),
    goals: [["CPU for each, µs", "bare", 1.5]],
  },
  start: {
    title: "start of the program", peers: ["gateway", "node", "bare"], isAlone: true, run: (bench, _, name) => startTime(bench, name),
    goals: [["until a handshake is answered, s", null, 0.35]],
  },
  "rest-list": {
    title: "REST: the list, of 1,000 conversations", peers: own, store: "rest", run: (bench, server) => restRow(bench, server, "/api/conversations?limit=20", 3000), goals: [],
  },
  "rest-one": {
    title: "REST: one conversation", peers: own, store: "rest", run: (bench, server) => restRow(bench, server, `/api/conversations/${bench.known}`, 5000), goals: [],
  },
  soak: {
    title: "mixed load with churn (SOAK_MINUTES, 30)", peers: own, fresh: true, runs: 1, isOnlyNamed: true, run: soak,
    goals: [["memory at the end / after a sixth", null, 1.05]],
  },
};
