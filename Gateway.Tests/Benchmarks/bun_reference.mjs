// The handler of node_reference.mjs on bun, with Socket.IO's own engine for it.
// Run: FILE_STORE_PATH=store PORT=4002 bun bun_reference.mjs   (from a folder with socket.io and @socket.io/bun-engine installed)
import { createRequire } from "node:module";
import { serveV0 } from "./v0_handler.mjs";
const require = createRequire(process.cwd() + "/");
const { Server } = require("socket.io");
const { Server: Engine } = require("@socket.io/bun-engine");
const io = new Server();
const engine = new Engine({ path: "/socket.io/", maxHttpBufferSize: 4 * 1024 * 1024, pingInterval: 25_000, pingTimeout: 20_000 });
io.bind(engine);
serveV0(io);
Bun.serve({ hostname: "127.0.0.1", port: Number(process.env.PORT ?? 4002), idleTimeout: 60, ...engine.handler() });
