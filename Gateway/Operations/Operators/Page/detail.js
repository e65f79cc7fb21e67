// One conversation: how it stands, its clients, the form of its last events, and what an operator may do with it.
import { element, fill, shown } from "./tables.js";

const sureFor = 5000;

export class Detail {
  #place;
  #id;
  #user;
  #api;
  #timer = 0;
  #parts;
  #visit = 0;

  constructor(place, api) {
    this.#place = place;
    this.#api = api;
  }

  open(id, user) {
    this.close();
    [this.#id, this.#user] = [id, user];
    this.#place.hidden = false;
    this.#build();
    this.#refresh(++this.#visit);
  }

  close() {
    this.#visit++;
    clearTimeout(this.#timer);
    this.#place.hidden = true;
    this.#place.replaceChildren();
  }

  #build() {
    const table = () => element("table", {}, element("thead"), element("tbody"));
    const parts = this.#parts = {
      facts: element("dl", { class: "facts" }),
      clients: table(),
      events: table(),
      said: element("p", { role: "status", class: "said" }),
      record: element("button", { id: "record", onclick: () => this.#record() }, "Record"),
      download: element("a", { id: "download", class: "button", hidden: true, download: true }, "Download the recording"),
      closing: element("button", { id: "close", class: "danger", onclick: () => this.#close() }, "Close"),
      notice: element("input", { id: "notice", maxlength: 1000, autocomplete: "off",
        placeholder: "A notice to its clients", "aria-label": "A notice to its clients" }),
    };
    const form = element("form", { onsubmit: (event) => this.#send(event) },
      parts.notice, element("button", {}, "Send"));
    this.#place.append(
      element("p", {}, element("a", { href: "#conversations" }, "All conversations")),
      element("h2", {}, this.#id),
      parts.facts,
      element("div", { class: "tools" }, parts.record, parts.download, parts.closing, form),
      parts.said,
      element("h3", {}, "Clients"),
      element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Clients" }, parts.clients),
      element("h3", {}, "Last events"),
      element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Last events" }, parts.events));
  }

  async #refresh(visit) {
    try {
      const view = await this.#api("GET", this.#path());
      if (visit === this.#visit) {
        this.#show(view);
      }
    } catch (error) {
      if (visit === this.#visit) {
        this.#parts.said.textContent = error.message;
      }
    }
    if (visit === this.#visit) {
      this.#timer = setTimeout(() => this.#refresh(visit), 1500);
    }
  }

  #show(view) {
    const { facts, record, clients, events } = this.#parts;
    const upstream = view.upstream;
    const rows = [
      ["State", view.isOpen ? "open" : "not open here"],
      ["Lives at", view.version ?? "not known"],
      ["Clients", view.clientCount],
      ["Head", view.head],
      ["Agent", view.agentState ?? "none"],
      ["Agent at", view.owner],
      ["User", view.user],
      ["Upstream", upstream && [upstream.state.toLowerCase(), upstream.socket && `${upstream.socket} socket`,
        upstream.serverVersion && `V1 ${upstream.serverVersion}`].filter(Boolean).join(", ")],
      ["V1 number", upstream?.lastNumber],
      ["Reconnects", upstream?.reconnects],
      ["Last trouble", upstream?.reason],
      ["Recording", view.recording && `${view.recording.frames} frames of ${view.recording.connections} clients`],
    ];
    facts.replaceChildren(...rows
      .filter(([, value]) => value !== null && value !== undefined && value !== "")
      .map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, shown(value, typeof value)))));
    record.dataset.running = view.recording ? "yes" : "";
    record.textContent = view.recording ? "Stop recording" : "Record";
    fill(clients, view.clients);
    fill(events, {
      table: "events",
      columns: [
        { name: "id", title: "Id", kind: "number" }, { name: "source", title: "From", kind: "text" },
        { name: "kind", title: "Kind", kind: "text" }, { name: "timestamp", title: "Time", kind: "text" },
        { name: "bytes", title: "Bytes", kind: "number" }, { name: "form", title: "Form", kind: "text" },
      ],
      rows: view.events.map((event) => ({ ...event, form: event.json ?? event.form })),
    });
  }

  async #record() {
    const isRunning = this.#parts.record.dataset.running === "yes";
    const answer = await this.#do(isRunning ? "record/stop" : "record", undefined, isRunning ? "Recorded." : "Recording.");
    const { download } = this.#parts;
    download.hidden = !(isRunning && answer);
    if (answer) {
      download.href = `operator/api/recordings/${encodeURIComponent(answer.name)}`;
      this.#refreshNow();
    }
  }

  async #close() {
    const { closing } = this.#parts;
    if (closing.dataset.sure !== "yes") {
      closing.dataset.sure = "yes";
      closing.textContent = "Close it: its clients are disconnected";
      setTimeout(() => this.#calm(closing), sureFor);
      return;
    }
    this.#calm(closing);
    await this.#do("close", undefined, "Closed.");
    this.#refreshNow();
  }

  #calm(closing) {
    closing.dataset.sure = "";
    closing.textContent = "Close";
  }

  async #send(event) {
    event.preventDefault();
    const { notice } = this.#parts;
    if (await this.#do("notice", { message: notice.value }, "Sent.")) {
      notice.value = "";
    }
  }

  async #do(what, body, done) {
    const { said } = this.#parts;
    try {
      const answer = await this.#api("POST", this.#path(what), body);
      said.textContent = done;
      return answer;
    } catch (error) {
      said.textContent = error.message;
      return null;
    }
  }

  #refreshNow() {
    clearTimeout(this.#timer);
    this.#refresh(++this.#visit);
  }

  #path(what) {
    const path = `conversations/${encodeURIComponent(this.#id)}${what ? `/${what}` : ""}`;
    return this.#user ? `${path}?user=${encodeURIComponent(this.#user)}` : path;
  }
}
