// The operators' page: what is now, and one table at a time, kept up to date by the server's events.
import { Detail } from "./detail.js";
import { element, fill, shown } from "./tables.js";

const tables = {
  conversations: "Conversations", clients: "Clients of V0", days: "V0 by day", "refusal-reasons": "Refused, by reason",
  refusals: "Refused", closes: "Closes", connected: "Connected", slow: "Slow readers", untranslated: "Not translated", recordings: "Recordings",
};
const rowsOfPage = 100;
const typingPause = 250;
const byId = (id) => document.getElementById(id);
const state = { table: "conversations", q: "", sort: "", offset: 0, matching: 0 };
let events = null;
let typing = 0;

async function api(method, path, body) {
  const answer = await fetch(`operator/api/${path}`, {
    method,
    headers: { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}) },
    body: body ? JSON.stringify(body) : undefined,
  });
  if (answer.status === 401) {
    location.assign("operator/sign-in");
  }
  const json = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    throw new Error(json.detail ?? `The server answered ${answer.status}.`);
  }
  return json;
}

const detail = new Detail(byId("detail-view"), api);

function query() {
  const asked = new URLSearchParams();
  for (const name of ["q", "sort", "offset"]) {
    if (state[name]) {
      asked.set(name, state[name]);
    }
  }
  return asked;
}

function listen() {
  events?.close();
  const asked = query();
  asked.set("table", state.table);
  asked.set("limit", rowsOfPage);
  const source = events = new EventSource(`operator/api/live?${asked}`);
  source.onopen = () => say("live");
  source.onerror = () => {
    say("not connected");
    if (source.readyState === EventSource.CLOSED) {
      // Refused: the sign-in is over, or the server has enough viewers.
      api("GET", "now").then(() => setTimeout(() => source === events && listen(), 3000), () => setTimeout(listen, 3000));
    }
  };
  source.addEventListener("now", (event) => showNow(JSON.parse(event.data)));
  source.addEventListener("table", (event) => source === events && showTable(JSON.parse(event.data)));
}

function say(what) {
  byId("live").textContent = what;
  byId("live").dataset.state = what === "live" ? "ok" : "bad";
}

function showTable(page) {
  state.matching = page.matching;
  byId("title").textContent = page.title;
  fill(document.querySelector("#table-view table"), page, {
    sort: state.sort,
    onSort: (sort) => change({ sort, offset: 0 }),
    linkOf,
  });
  const last = Math.min(state.offset + page.rows.length, page.matching);
  byId("count").textContent = page.matching === 0 ? `0 of ${shown(page.total, "number")}`
    : `${shown(state.offset + 1, "number")} to ${shown(last, "number")} of ${shown(page.matching, "number")}`
      + (page.matching < page.total ? ` found in ${shown(page.total, "number")}` : "");
  byId("previous").disabled = state.offset === 0;
  byId("next").disabled = last >= page.matching;
  for (const format of ["csv", "json"]) {
    const asked = query();
    asked.delete("offset");
    asked.set("format", format);
    byId(format).href = `operator/api/${page.table}?${asked}`;
  }
}

function linkOf(row, column) {
  if (state.table === "conversations" && column.name === "id") {
    return { href: addressOf(row.id, row.user) };
  }
  if (["connected", "slow"].includes(state.table) && column.name === "conversation" && row.conversation) {
    return { href: addressOf(row.conversation, row.user) };
  }
  return state.table === "recordings" && column.name === "name" && row.state === "ended"
    ? { href: `operator/api/recordings/${encodeURIComponent(row.name)}`, download: true }
    : null;
}

function addressOf(id, user) {
  return `#conversation/${encodeURIComponent(id)}${user ? `/${encodeURIComponent(user)}` : ""}`;
}

function showNow(now) {
  const minutes = Math.floor(now.uptimeSeconds / 60);
  const up = minutes >= 120 ? `${Math.floor(minutes / 60)} h` : `${minutes} min`;
  byId("about").textContent = `${now.version.split("+")[0]}, up ${up}`;
  const share = now.v0Share === null ? "no clients yet" : `${shown(Math.round(now.v0Share * 1000) / 10, "number")} %`;
  const silent = now.nodes.filter((node) => !node.isFresh).length;
  const tiles = [
    ["Connected", shown(now.connected, "number"), `${shown(now.inConversations, "number")} in conversations`,
      now.history.map((point) => point.connected)],
    ["Conversations", shown(now.conversations, "number"), now.recordings ? `open, ${now.recordings} recorded` : "open",
      now.history.map((point) => point.conversations)],
    ["Events a second", shown(now.eventsPerSecond, "number"), "last ten minutes", now.history.map((point) => point.eventsPerSecond)],
    ["Lag", `${shown(now.lag, "number")} events`, now.slowReaders ? `${shown(now.slowReaders, "number")} slow readers` : "no slow readers",
      null, now.slowReaders > 0],
    ["Store", now.store.problem ? "failing" : "works", now.store.problem ?? now.store.kind, null, !!now.store.problem],
    ["Agent", now.agent.problem ? "away" : now.agent.version, now.agent.problem ?? (now.agent.version === "V1" ? "answers" : ""), null, !!now.agent.problem],
    ["Nodes", shown(now.nodes.length, "number"), silent ? `${silent} silent` : now.nodes.length > 1 ? "all are heard" : "this one alone",
      null, silent > 0],
    ["V0's share today", share, `${shown(now.v0Today, "number")} of V0, ${shown(now.v1Today, "number")} of V1`],
  ];
  byId("tiles").replaceChildren(...tiles.map(([name, value, note, points, isBad]) =>
    element("div", { class: isBad ? "bad" : null },
      element("dt", {}, name), element("dd", {}, value), element("dd", { class: "note" }, note), points ? sparkline(points, name) : null)));
}

function sparkline(points, name) {
  const [width, height] = [120, 28];
  const most = Math.max(...points, 1);
  const line = points.map((point, i) =>
    `${(i * width / Math.max(points.length - 1, 1)).toFixed(1)},${(height - 1 - point / most * (height - 2)).toFixed(1)}`).join(" ");
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `${name} in the last ten minutes, at most ${most}`);
  const drawn = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
  drawn.setAttribute("points", line);
  svg.append(drawn);
  const place = element("dd", { class: "spark" });
  place.append(svg);
  return place;
}

function change(what) {
  Object.assign(state, what);
  listen();
}

function route() {
  const [kind, id, user] = location.hash.slice(1).split("/").map(decodeURIComponent);
  const isDetail = kind === "conversation" && id;
  byId("table-view").hidden = !!isDetail;
  const table = isDetail ? "conversations" : tables[kind] ? kind : "conversations";
  for (const tab of byId("tabs").children) {
    tab.toggleAttribute("aria-current", tab.dataset.table === table);
    if (tab.dataset.table === table) {
      tab.setAttribute("aria-current", "page");
    }
  }
  if (isDetail) {
    detail.open(id, user);
  } else {
    detail.close();
  }
  if (table !== state.table || !events) {
    byId("search").value = "";
    change({ table, q: "", sort: "", offset: 0 });
  }
}

byId("tabs").append(...Object.entries(tables).map(([name, title]) => element("a", { href: `#${name}`, "data-table": name }, title)));
byId("search").addEventListener("input", (event) => {
  clearTimeout(typing);
  typing = setTimeout(() => change({ q: event.target.value.trim(), offset: 0 }), typingPause);
});
byId("previous").addEventListener("click", () => change({ offset: Math.max(0, state.offset - rowsOfPage) }));
byId("next").addEventListener("click", () => change({ offset: state.offset + rowsOfPage }));
addEventListener("hashchange", route);
addEventListener("keydown", (event) => {
  if (event.key === "/" && !["INPUT", "TEXTAREA"].includes(document.activeElement.tagName) && !byId("table-view").hidden) {
    event.preventDefault();
    byId("search").focus();
  }
});
route();
