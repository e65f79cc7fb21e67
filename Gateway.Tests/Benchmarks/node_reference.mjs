// The same V0 socket behaviour on the original socket.io server (npm socket.io), as a second peer to measure beside.
// Run: FILE_STORE_PATH=store PORT=4001 node node_reference.mjs   (from a folder with socket.io installed; ENGINE=eiows for that engine)
// DEFLATE=1: clients that offer it are sent compressed what is longer than Gateway's own threshold.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { serveV0 } from "./v0_handler.mjs";
const require = createRequire(process.cwd() + "/");
const { Server } = require("socket.io");
const http = createServer();
const io = new Server(http, { maxHttpBufferSize: 4 * 1024 * 1024, cors: { origin: "*" }, perMessageDeflate: process.env.DEFLATE ? { threshold: 256 } : false,
  ...(process.env.ENGINE === "eiows" ? { wsEngine: require("eiows").Server } : {}) });
serveV0(io);
http.listen(Number(process.env.PORT ?? 4001), "127.0.0.1");
