// Many socket.io-clients in one process, by the library's defaults: each follows a conversation with its latest_event_id through whatever
// happens to its server. The first line on standard input says what there is to do; the next one ends the writing. What came of it is one
// line on standard output.
import { createInterface } from "node:readline";
import { io } from "socket.io-client";

const report = (observation) => process.stdout.write(`${JSON.stringify(observation)}\n`);
const now = () => performance.now();

// Why attempts to come back have failed, each with how often.
const failures = {};
let slowest = { wait: 0 };

class Client {
  last = -1;
  attempts = 0;
  faults = 0;
  connects = 0;
  lostAt = 0;
  longestWait = 0;
  longestGap = 0;
  lastEventAt = now();

  constructor(url, conversation, options, onReady) {
    const query = { conversation_id: conversation, latest_event_id: -1 };
    this.conversation = conversation;
    this.socket = io(url, { forceNew: true, ...options, query });
    this.socket.on("connect", () => {
      this.connects++;
      if (this.lostAt) {
        const wait = now() - this.lostAt;
        this.longestWait = Math.max(this.longestWait, wait);
        if (wait > slowest.wait) {
          slowest = { wait, attempts: this.attempts, openAfter: this.openAt - this.lostAt, transports: options.transports ?? "both" };
        }
        this.lostAt = 0;
      } else {
        onReady();
      }
    });
    this.socket.io.on("reconnect_attempt", () => this.attempts++);
    this.socket.io.on("open", () => (this.openAt = now()));
    const failed = (error) => {
      const why = `${error.message} ${error.context?.status ?? ""}`.trim();
      failures[why] = (failures[why] ?? 0) + 1;
    };
    this.socket.io.on("reconnect_error", failed);
    this.socket.on("connect_error", (error) => this.socket.active || failed(error));
    this.socket.on("disconnect", () => {
      this.lostAt = now();
      this.attempts = 0;
      this.socket.io.opts.query.latest_event_id = this.last;
    });
    this.socket.on("oh_event", (event) => this.seen(event));
  }

  seen(event) {
    if (!Number.isInteger(event?.id)) {
      return;
    }
    // Each id once, in order, and none left out.
    this.faults += event.id === this.last + 1 ? 0 : 1;
    this.last = event.id;
    this.longestGap = Math.max(this.longestGap, now() - this.lastEventAt);
    this.lastEventAt = now();
  }
}

let isWriting = true;

// Says one thing after the other, each when the one before is acknowledged; what nobody has acknowledged when the connection ends is left.
async function write(client, number, pause, acknowledged) {
  for (let n = 0; isWriting; n++) {
    const text = `w${number}-${n}`;
    await new Promise((resolve) => {
      const action = { action: "message", args: { content: text } };
      const done = () => {
        client.socket.off("disconnect", done);
        resolve();
      };
      if (!client.socket.connected) {
        client.socket.once("connect", resolve);
        return;
      }
      client.socket.once("disconnect", done);
      client.socket.emit("oh_user_action", action, (refusal) => {
        if (refusal === undefined) {
          acknowledged.push(text);
        }
        done();
      });
    });
    await new Promise((resolve) => setTimeout(resolve, pause * (0.5 + Math.random())));
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const work = JSON.parse((await lines.next()).value);
const kinds = [{ transports: ["websocket"] }, { transports: ["polling"] }, {}];
const clients = [];
const acknowledged = [];
let ready = 0;
for (let n = 0; n < work.clients; n++) {
  const kind = n % 10 < 7 ? kinds[0] : n % 10 === 7 ? kinds[1] : kinds[2];
  clients.push(new Client(work.url, `c${n % work.conversations}`, { ...work.options, ...kind }, () => ready++));
  if (n % 20 === 19) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
while (ready < work.clients) {
  await new Promise((resolve) => setTimeout(resolve, 10));
}
report({ on: "connected" });

const writing = clients.slice(0, work.conversations).map((client, n) => write(client, n, work.pause, acknowledged));
await lines.next();
isWriting = false;
await Promise.all(writing);

// Until every one has what the one that is furthest has. Who does not get there shows in the report.
const head = new Map();
const end = now() + work.patience;
let missing;
do {
  await new Promise((resolve) => setTimeout(resolve, 50));
  for (const client of clients) {
    head.set(client.conversation, Math.max(client.last, head.get(client.conversation) ?? -1));
  }
  missing = clients.filter((client) => client.lostAt || client.last < head.get(client.conversation)).length;
} while (missing > 0 && now() < end);

const waits = clients.map((client) => client.longestWait).sort((a, b) => a - b);
report({
  on: "done",
  acknowledged,
  heads: Object.fromEntries(head),
  missing,
  faults: clients.reduce((sum, client) => sum + client.faults, 0),
  reconnects: clients.reduce((sum, client) => sum + client.connects - 1, 0),
  longestWait: waits.at(-1),
  medianWait: waits[waits.length >> 1],
  p99Wait: waits[Math.floor(waits.length * 0.99)],
  failures,
  slowest,
  longestGap: Math.max(...clients.map((client) => client.longestGap)),
});
process.exit(0);
