// What `gateway record` adds to an answer: acknowledgements timed directly and through the proxy, in turns.
// node proxy-latency.mjs http://127.0.0.1:3000 http://127.0.0.1:3100 [count] [websocket|polling]
import { createRequire } from "node:module";

const require = createRequire(new URL("../clients/package.json", import.meta.url));
const { io } = require("socket.io-client");
const [direct, proxied, count = "1000", transport = "websocket"] = process.argv.slice(2);

const connect = (url) =>
  new Promise((resolve, reject) => {
    const socket = io(url, { transports: [transport], forceNew: true, query: { conversation_id: "latency", latest_event_id: -1 } });
    socket.on("connect", () => resolve(socket));
    socket.on("connect_error", reject);
  });

const ask = async (socket) => {
  const started = process.hrtime.bigint();
  await socket.timeout(10_000).emitWithAck("oh_user_action", { action: "message", args: { content: "How long does this take?" } });
  return Number(process.hrtime.bigint() - started) / 1e6;
};

const at = (times, part) => [...times].sort((a, b) => a - b)[Math.floor(times.length * part)].toFixed(3);
const sockets = [await connect(direct), await connect(proxied)];
const times = [[], []];
for (let i = 0; i < Number(count) + 100; i++) {
  for (const [index, socket] of sockets.entries()) {
    const time = await ask(socket);
    if (i >= 100) {
      times[index].push(time);
    }
  }
}
sockets.forEach((socket) => socket.disconnect());
for (const [index, name] of ["direct", "through the proxy"].entries()) {
  console.log(`${name}: median ${at(times[index], 0.5)} ms, 95% ${at(times[index], 0.95)} ms`);
}
console.log(`overhead at the median: ${(at(times[1], 0.5) - at(times[0], 0.5)).toFixed(3)} ms`);
process.exit(0);
