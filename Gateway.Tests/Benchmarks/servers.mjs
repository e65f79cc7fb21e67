// The servers that are compared: how each is started, and the check that all give the same answers before one is timed.
import assert from "node:assert";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { createRequire } from "node:module";
import { end, sleep } from "./measure.mjs";

const here = import.meta.dirname;
const started = new Set();
process.on("exit", () => started.forEach((child) => child.kill("SIGKILL")));

/** @returns the peers that can be started here, by name; `until`: the event that ends a replay, where CONNECT comes before it. */
export function peersOf(root, work) {
  const installed = (name) => fs.existsSync(`${work}/node_modules/${name}`);
  const peers = {
    gateway: { title: "Gateway", command: (port) => [`${work}/published/Gateway`, "--urls", `http://127.0.0.1:${port}`] },
    python: {
      title: "python-socketio", command: () => ["/usr/bin/python3", `${here}/v0_reference.py`],
      isMissing: spawnSync("/usr/bin/python3", ["-c", "import socketio, uvicorn, websockets"]).status !== 0,
    },
    node: { title: "socket.io, Node", command: () => ["node", `${here}/node_reference.mjs`], until: "replayed" },
    eiows: {
      title: "socket.io, eiows", command: () => ["node", `${here}/node_reference.mjs`], until: "replayed", env: { ENGINE: "eiows" },
      isMissing: !installed("eiows"),
    },
    bun: { title: "socket.io, bun", command: () => ["node_modules/.bin/bun", `${here}/bun_reference.mjs`], until: "replayed", isMissing: !installed("@oven") },
    bare: {
      title: "bare Kestrel", isBare: true,
      command: (port) => ["dotnet", `${root}/Gateway.Tests/BareHost/bin/Release/net10.0/BareHost.dll`, "--urls", `http://127.0.0.1:${port}`],
    },
  };
  for (const [name, peer] of Object.entries(peers)) peer.name = name;
  return peers;
}

/** Starts a server and waits until it answers. */
export async function start(peer, { work, port, store, env = {}, args = [], scheme = "http" }) {
  const [program, ...words] = [...peer.command(port), ...args];
  const log = fs.openSync(`${work}/${peer.name}.log`, "w");
  const child = spawn(program, words, {
    cwd: work, stdio: ["ignore", log, log],
    env: { ...process.env, PORT: `${port}`, FILE_STORE_PATH: store, HttpApi__RateLimit: "false", ...peer.env, ...env },
  });
  fs.closeSync(log);
  const server = { peer, child, pid: child.pid, port, url: `${scheme}://127.0.0.1:${port}`, stop: (signal = "SIGKILL") => (started.delete(child), end(child, signal)) };
  started.add(child);
  await handshake(port, scheme, child);
  return server;
}

/** Asks for a handshake again and again until one is answered; over TLS, until somebody listens. */
async function handshake(port, scheme, child) {
  const ask = () => new Promise((done) => {
    const socket = net.connect(port, "127.0.0.1", () => {
      if (scheme !== "http") done(true);
      else socket.write("GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    });
    socket.on("data", () => done(true)).on("error", () => done(false)).on("close", () => done(false));
    setTimeout(() => done(false), 5000).unref();
  });
  for (const began = performance.now(); performance.now() - began < 60_000; await sleep(2)) {
    if (child.exitCode !== null) throw new Error(`the server has ended with ${child.exitCode}`);
    if (await ask()) return;
  }
  throw new Error(`nothing answers at port ${port}`);
}

/** Connects, collects what is replayed, acts once, and gives what was seen. */
async function visit(server, work, conversation) {
  const WebSocket = createRequire(work + "/")("ws");
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/socket.io/?EIO=4&transport=websocket&conversation_id=${conversation}&latest_event_id=-1`,
    { perMessageDeflate: false });
  const replayed = [];
  const last = server.peer.until ? `42["${server.peer.until}"` : "40";
  const shown = await new Promise((done, fail) => {
    let isLive = false;
    socket.on("message", (data) => {
      const packet = data.toString();
      if (packet.startsWith("0")) socket.send("40");
      else if (packet.startsWith(last)) {
        isLive = true;
        socket.send('42["oh_user_action",{"action":"message","args":{"content":"Is it there?","image_urls":[]}}]');
      } else if (packet.startsWith("42")) {
        const [name, event] = JSON.parse(packet.slice(2));
        if (name !== "oh_event" || event.id === undefined) return;
        if (!isLive) replayed.push(event);
        else done(event);
      }
    });
    socket.on("error", fail);
    setTimeout(() => fail(new Error(`${server.peer.name} does not answer as expected`)), 20_000).unref();
  });
  socket.close();
  return { replayed, shown };
}

/** Fails when the server does not replay what is stored, as V0 does, or does not show an action. */
export async function check(server, work, store, conversation) {
  const { replayed, shown } = await visit(server, work, conversation);
  assert.equal(shown.action, "message");
  assert.equal(shown.args.content, "Is it there?");
  assert.equal(shown.source, "user");
  if (server.peer.isBare) return;
  const folder = path.join(store, "sessions", conversation, "events");
  const events = fs.readdirSync(folder).map((file) => JSON.parse(fs.readFileSync(path.join(folder, file), "utf8")))
    .filter((event) => event.id < shown.id).sort((a, b) => a.id - b.id);
  const isState = (event) => event.observation === "agent_state_changed";
  const expected = events.filter((event) => event.action !== "recall" && !isState(event));
  expected.push(...events.filter(isState).slice(-1));
  // The newest state stands in its place here and last with the others, as docs/differences.md says; a message's text is made anew by V0.
  const byId = (list) => list.map(({ message, ...event }) => event).sort((a, b) => a.id - b.id);
  assert.deepEqual(byId(replayed), byId(expected));
}
