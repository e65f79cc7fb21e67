// V0's socket behaviour for a Socket.IO server, whatever carries it: the same handler for every peer in JavaScript.
import fs from "node:fs/promises";
import fss from "node:fs";
import path from "node:path";
const ROOT = process.env.FILE_STORE_PATH ?? "store", PAGE = 25;
const dir = (c) => path.join(ROOT, "sessions", c);
const streams = new Map();
function stream(c) {
  let s = streams.get(c);
  if (!s) {
    const d = path.join(dir(c), "events");
    const ids = fss.existsSync(d) ? fss.readdirSync(d).map((f) => parseInt(f)) : [];
    streams.set(c, (s = { next: ids.length ? Math.max(...ids) + 1 : 0, page: [] }));
  }
  return s;
}
async function* readEvents(c, start) {
  const end = stream(c).next;
  let page, lo = 1, hi = -1;
  for (let i = start; i < end; i++) {
    if (!(lo <= i && i < hi)) {
      lo = i - (i % PAGE); hi = lo + PAGE;
      page = await fs.readFile(`${dir(c)}/event_cache/${lo}-${hi}.json`, "utf8").then(JSON.parse, () => null);
    }
    if (page) yield page[i - lo];
    else { const e = await fs.readFile(`${dir(c)}/events/${i}.json`, "utf8").then(JSON.parse, () => null); if (e) yield e; }
  }
}

export function serveV0(io) {
  io.use(async (socket, next) => {
    const q = socket.handshake.query;
    if (!q.conversation_id) return next(new Error("No conversation_id in query params"));
    if (process.env.SESSION_API_KEY && q.session_api_key !== process.env.SESSION_API_KEY) return next(new Error("invalid_session_api_key"));
    next();
  });
  io.on("connection", async (socket) => {
    const c = socket.handshake.query.conversation_id;
    const latest = Number.parseInt(socket.handshake.query.latest_event_id ?? "-1");
    let state;
    for await (const e of readEvents(c, (Number.isNaN(latest) ? -1 : latest) + 1)) {
      if (e.action === "null" || e.action === "recall" || e.observation === "null") continue;
      if (e.observation === "agent_state_changed") state = e; else socket.emit("oh_event", e);
    }
    if (state) socket.emit("oh_event", state);
    socket.join("room:" + c);
    socket.emit("replayed"); // marks the end: here CONNECT comes before the replay
    const act = async (data) => {
      const s = stream(c);
      const e = { id: s.next++, timestamp: new Date().toISOString(), source: "user", message: data?.args?.content ?? "", ...data };
      await fs.mkdir(dir(c) + "/events", { recursive: true });
      await fs.writeFile(`${dir(c)}/events/${e.id}.json`, JSON.stringify(e));
      s.page.push(e);
      if (s.page.length === PAGE) { const p = s.page; s.page = []; await fs.mkdir(dir(c) + "/event_cache", { recursive: true });
        await fs.writeFile(`${dir(c)}/event_cache/${p[0].id}-${p[0].id + PAGE}.json`, JSON.stringify(p)); }
      io.to("room:" + c).emit("oh_event", e);
    };
    socket.on("oh_user_action", act); socket.on("oh_action", act);
  });
}
