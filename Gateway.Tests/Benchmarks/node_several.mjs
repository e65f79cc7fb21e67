// socket.io on Node over several processes: its own PostgreSQL adapter carries the events between them, and the log stands in the same database.
// Run: DATABASE_URL=postgres://… PORT=4001 node node_several.mjs   (from a folder with socket.io, @socket.io/postgres-adapter and pg installed)
import { createServer } from "node:http";
import { createRequire } from "node:module";
const require = createRequire(process.cwd() + "/");
const { Server } = require("socket.io"), { createAdapter } = require("@socket.io/postgres-adapter"), pg = require("pg");

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 20 });
const named = (name, text) => (...values) => pool.query({ name, text, values });
// As Gateway's own: the row's lock gives the ids, one statement for each event.
const append = named("append", `WITH won AS (
    INSERT INTO peer_heads AS known (conversation, head) VALUES ($1, 0) ON CONFLICT (conversation) DO UPDATE SET head = known.head + 1 RETURNING head)
  INSERT INTO peer_events (conversation, id, body) SELECT $1, head, $2 FROM won RETURNING id`);
const read = named("read", "SELECT id, body FROM peer_events WHERE conversation = $1 AND id > $2 ORDER BY id LIMIT 1000");

const http = createServer();
const io = new Server(http, { maxHttpBufferSize: 4 * 1024 * 1024, cors: { origin: "*" }, perMessageDeflate: false });
io.adapter(createAdapter(pool));
io.use((socket, next) => next(socket.handshake.query.conversation_id ? undefined : new Error("No conversation_id in query params")));
io.on("connection", async (socket) => {
  const conversation = socket.handshake.query.conversation_id, latest = Number.parseInt(socket.handshake.query.latest_event_id ?? "-1");
  let last = Number.isNaN(latest) ? -1 : latest, state;
  for (let rows; (rows = (await read(conversation, last)).rows).length; last = rows.at(-1).id) {
    for (const { id, body } of rows) {
      const event = { ...JSON.parse(body), id };
      if (event.observation === "agent_state_changed") state = event; else socket.emit("oh_event", event);
    }
  }
  if (state) socket.emit("oh_event", state);
  socket.join(`room:${conversation}`);
  socket.emit("replayed");
  socket.on("oh_user_action", async (data, ack) => {
    const event = { timestamp: new Date().toISOString(), source: "user", message: data?.args?.content ?? "", ...data };
    const { rows } = await append(conversation, JSON.stringify(event));
    io.to(`room:${conversation}`).emit("oh_event", { ...event, id: rows[0].id });
    ack?.();
  });
});
http.listen(Number(process.env.PORT), "127.0.0.1");
