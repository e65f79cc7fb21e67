// What the web UI of V0 0.62.0 asks of its server and in which order, without its look. Served as a build's folder is: the page at any
// address, this file below /assets. A test drives it: commands are objects with `do`, observations objects with `on`.
const report = (observation) => window.report(JSON.stringify(observation));

const ask = async (method, path, body) => {
  const shown = path.replace(location.origin, "");
  report({ on: "ask", message: `${method} ${shown}` });
  const isForm = body instanceof FormData;
  const answer = await fetch(path, {
    method,
    headers: body && !isForm ? { "Content-Type": "application/json" } : {},
    body: isForm ? body : body && JSON.stringify(body),
  });
  const text = await answer.text();
  const isJson = (answer.headers.get("Content-Type") ?? "").startsWith("application/json");
  const value = isJson ? JSON.parse(text) : text;
  report({ on: "answer", message: { method, path: shown, status: answer.status, body: value } });
  return { ok: answer.ok, body: value };
};

let socket;
let conversation;

const go = (path) => history.pushState({}, "", path);
const pathOf = (id) => `/api/conversations/${id}`;
const list = () => ask("GET", "/api/conversations?limit=10");

/** REST goes to the address that the conversation names, or to V0's own below this page's origin. */
const own = (path) => `${conversation.url || pathOf(conversation.conversation_id)}${path}`;

const load = async (id) => {
  const { ok, body } = await ask("GET", pathOf(id));
  return ok ? body : null;
};

/** The host and the path of the socket follow the conversation's address when it is a whole one; else the page's origin. */
const socketAddress = () => {
  if (!conversation.url || conversation.url.startsWith("/")) {
    return { host: location.host, path: "/socket.io" };
  }

  const url = new URL(conversation.url);
  const [prefix] = url.pathname.split("/api/conversations");
  return { host: url.host, path: `${prefix.replace(/\/$/, "")}/socket.io` };
};

const onEvent = (event) => {
  report({ on: "event", event });
  if (Number.isInteger(event.id)) {
    socket.lastId = event.id;
  }

  if (event.status_update && event.conversation_title) {
    void load(event.message);
  }
};

const connect = () => {
  const { host, path } = socketAddress();
  socket = io(host, {
    path,
    transports: ["websocket"],
    query: {
      latest_event_id: -1,
      conversation_id: conversation.conversation_id,
      providers_set: [],
      session_api_key: conversation.session_api_key,
    },
  });
  socket.on("connect", async () => {
    report({ on: "connect", message: path });
    await Promise.all([
      ask("GET", own("/config")),
      ask("GET", own("/git/changes")),
      ask("GET", own("/web-hosts")),
      ask("GET", own("/vscode-url")),
    ]);
    report({ on: "opened" });
  });
  socket.on("oh_event", onEvent);
  socket.on("connect_error", (error) => {
    report({ on: "refused", message: error.message });
    void load(conversation.conversation_id);
  });
  socket.on("disconnect", (reason) => {
    socket.io.opts.query.latest_event_id = socket.lastId;
    report({ on: "disconnect", reason });
  });
};

/** A socket is opened for a conversation of V0's that runs and says what its runtime does, and for no other. */
const open = (info) => {
  conversation = info;
  go(`/conversations/${info.conversation_id}`);
  const { status, runtime_status: runtime, conversation_version: version } = info;
  if (status === "RUNNING" && runtime && runtime !== "STATUS$STOPPED" && version === "V0") {
    connect();
  } else {
    report({ on: "closed", message: status });
  }
};

const home = async () => {
  socket?.disconnect();
  go("/");
  await list();
  report({ on: "home" });
};

const startAndOpen = async (id) => {
  const { ok } = await ask("POST", `${pathOf(id)}/start`, { providers_set: [] });
  const info = ok && (await load(id));
  return info ? open(info) : report({ on: "closed", message: "not started" });
};

const loadPage = async () => {
  // Asked twice: by the loader of the page, and by the shell around it.
  const config = await ask("GET", "/api/options/config");
  await ask("GET", "/api/options/config");
  const isBilled = config.body.FEATURE_FLAGS.ENABLE_BILLING;
  const [, id] = location.pathname.match(/^\/conversations\/([^/]+)$/) ?? [];
  const settings = ask("GET", "/api/settings");
  if (!id) {
    await Promise.all([settings, list()]);
    return report({ on: "home", message: isBilled });
  }

  const [info] = await Promise.all([load(id), settings]);
  if (!info) {
    return home();
  }

  return info.status === "STOPPED" ? startAndOpen(id) : open(info);
};

const say = (content, imageUrls = [], fileUrls = []) =>
  socket.emit("oh_user_action", {
    action: "message",
    args: { content, image_urls: imageUrls, file_urls: fileUrls, timestamp: new Date().toISOString() },
  });

const commands = {
  async saveFirstSettings({ settings }) {
    await ask("GET", "/api/options/models");
    await ask("GET", "/api/options/agents");
    await ask("GET", "/api/options/security-analyzers");
    await commands.saveSettings({ settings });
  },
  async saveSettings({ settings }) {
    await ask("POST", "/api/settings", settings);
    await ask("GET", "/api/settings");
    report({ on: "saved" });
  },
  async create() {
    const { body } = await ask("POST", "/api/conversations", {});
    // The new page is fed from the list: no conversation is asked for alone.
    const { body: page } = await list();
    open(page.results.find((info) => info.conversation_id === body.conversation_id));
  },
  async open({ id }) {
    const { body: page } = await list();
    const info = page.results.find((entry) => entry.conversation_id === id);
    await (info.status === "STOPPED" ? startAndOpen(id) : open(info));
  },
  say({ text }) {
    say(text);
  },
  async sayWithFile({ text, name, content }) {
    const form = new FormData();
    form.append("files", new File([content], name));
    const { body } = await ask("POST", own("/upload-files"), form);
    say(`${text}\n\nNEW FILES ADDED: ${body.uploaded_files.join("\n\n")}`, [], body.uploaded_files);
  },
  async rename({ title }) {
    await ask("PATCH", pathOf(conversation.conversation_id), { title });
    await load(conversation.conversation_id);
    report({ on: "renamed" });
  },
  async stop() {
    await ask("POST", `${pathOf(conversation.conversation_id)}/stop`);
    await load(conversation.conversation_id);
    await home();
  },
  async delete() {
    await ask("DELETE", pathOf(conversation.conversation_id));
    await home();
  },
  // To the library this is a lost connection: it reconnects.
  cut() {
    socket.io.engine.close();
  },
};

window.run = (command) => commands[command.do](command);
report({ on: "ready" });
await loadPage();
