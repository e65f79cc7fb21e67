// What a test may ask of a socket.io-client and what it is told, the same under node and in a page.
// Commands are objects with `do`; observations are objects with `on`.
export function makeDriver(io, report) {
  let socket;
  let lastId;

  const observe = () => {
    socket.on("connect", () => report({ on: "connect", transport: socket.io.engine.transport.name }));
    socket.on("connect_error", (error) => report({ on: "refused", message: error.message, retries: socket.active }));
    socket.on("disconnect", (reason) => report({ on: "disconnect", reason }));
    socket.on("oh_event", (event) => {
      if (Number.isInteger(event?.id)) {
        lastId = event.id;
      }
      report({ on: "event", event });
    });
    socket.io.on("open", () => socket.io.engine.on("upgrade", (transport) => report({ on: "upgrade", transport: transport.name })));
  };

  const commands = {
    connect({ url, options, followsLastId }) {
      socket = io(url, { forceNew: true, autoConnect: false, ...options });
      observe();
      if (followsLastId) {
        // The web UI of V0 does this, so a client that has seen nothing asks for what follows `undefined`.
        socket.on("disconnect", () => (socket.io.opts.query.latest_event_id = lastId));
      }
      socket.connect();
    },
    emit({ name, payload, ack }) {
      const answered = (...args) => report({ on: "ack", args });
      socket.emit(name, payload, ...(ack ? [answered] : []));
    },
    emitAndLeave({ name, payload, afterMs }) {
      socket.emit(name, payload);
      if (afterMs > 0) {
        setTimeout(() => socket.disconnect(), afterMs);
      } else {
        socket.disconnect();
      }
    },
    leave() {
      socket.disconnect();
    },
    // To the library this is a lost connection: it reconnects.
    cut() {
      socket.io.engine.close();
    },
  };

  return (command) => commands[command.do](command);
}
