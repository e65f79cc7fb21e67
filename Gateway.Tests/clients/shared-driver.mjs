// Several conversations on one connection of a socket.io-client under node: a command a line on standard input, an observation a line on
// standard output. One manager at a time, with sockets by their namespaces.
import { createInterface } from "node:readline";
import { Manager } from "socket.io-client";
import parser from "socket.io-msgpack-parser";

const report = (observation) => process.stdout.write(`${JSON.stringify(observation)}\n`);
const sockets = new Map();
let manager;

const commands = {
  // Opens nothing yet.
  manage({ url, options, msgpack }) {
    manager = new Manager(url, { autoConnect: false, reconnectionDelay: 50, ...options, ...(msgpack ? { parser } : {}) });
    manager.on("open", () => report({ on: "open" }));
    manager.on("close", (reason) => report({ on: "close", reason }));
  },
  join({ nsp, auth }) {
    const socket = manager.socket(nsp, { auth });
    sockets.set(nsp, socket);
    let lastId;
    socket.on("connect", () => report({ on: "connect", args: [nsp, socket.io.engine.transport.name] }));
    socket.on("connect_error", (error) => report({ on: "refused", args: [nsp, error.message] }));
    socket.on("disconnect", (reason) => report({ on: "disconnect", args: [nsp, reason] }));
    socket.on("oh_event", (event) => {
      if (Number.isInteger(event?.id)) {
        lastId = event.id;
        socket.auth = { ...auth, latest_event_id: lastId };
      }
      report({ on: "event", args: [nsp, event] });
    });
    socket.connect();
  },
  emit({ nsp, name, payload }) {
    sockets.get(nsp).emit(name, payload, (...args) => report({ on: "ack", args: [nsp, args] }));
  },
  leave({ nsp }) {
    sockets.get(nsp).disconnect();
  },
  // To the library this is a lost connection: it reconnects.
  cut() {
    manager.engine.close();
  },
  quit() {
    for (const socket of sockets.values()) {
      socket.disconnect();
    }
    sockets.clear();
  },
};

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const command = JSON.parse(line);
    commands[command.do](command);
  })
  .on("close", () => process.exit(0));
