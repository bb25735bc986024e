// The adapter (conformance/ADAPTERS.md): requests become calls of stockings.mjs.

import { once } from "node:events";
import net from "node:net";
import { describe, fault, known, message, raised, serve, unsupported } from "./protocol.mjs";
import { LARGEST, Stocking, until } from "./stockings.mjs";

const links = new Map(), listeners = new Map();  // Stockings and servers, by name
const named = (map, name) => map.get(name) ?? unsupported(name);
const after = (seconds) => AbortSignal.timeout(Math.ceil(seconds * 1000));

const state = (it) => ({
  active: it.active, ready: it.active, queued: it.queued, ended: it.ended,
  end: it.ended ? it.cause : null,
  handshake: { state: "none", received: [], returned: null, raised: null } });

if (process.argv.length > 2) process.exit(89);  // there are no options
serve({ __proto__: null,  // no verbs but these
  hello: ["protocol", ({ protocol }) => ({
    protocol: protocol === 1 ? 1 : unsupported("protocol"),
    implementation: { name: "stockings.mjs", version: "1.0", language: "JavaScript" },
    runtime: `node ${process.versions.node}`, platform: process.platform, pid: process.pid,
    flavours: ["default"], kinds: ["bytes", "text"], largest: LARGEST,
    features: ["abort", "causes", "keep", "queued", "surrogates"] })],
  listen: ["", async () => {
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }), arrived = [];
    server.on("connection", (sock) => server.emit("change", arrived.push(sock)));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address();
    listeners.set(`l${port}`, Object.assign(server, { arrived }));
    return { listener: `l${port}`, address: ["127.0.0.1", port] };
  }],
  open: ["conn flavour within connect accept", async (request) => {
    const { conn, flavour, connect, accept } = request, signal = after(request.within);
    if (!connect === !accept) fault("open needs either connect or accept");
    if (flavour !== "default") unsupported(flavour);
    if (links.has(conn)) fault(`there is a connection ${conn} already`);
    const [host, port] = connect ?? [], server = connect ?? named(listeners, accept);
    const sock = connect ? net.connect({ host, port, allowHalfOpen: true })
      : await until(server, () => server.arrived.shift(), signal) ?? fault("nobody connected");
    if (connect) await once(sock, "connect", { signal }).catch((error) => {
      sock.destroy();
      fault(`no connection: ${error}`);
    });
    links.set(conn, new Stocking(sock));
    return { local: [sock.localAddress, sock.localPort],
      remote: [sock.remoteAddress, sock.remotePort] };
  }],
  write: ["conn messages", ({ conn, messages }) => {
    let it = named(links, conn), values = messages.map(message), written = 0;
    try {
      for (; written < values.length; written++) it.write(values[written]);
    } catch (error) { raised(error, { written }); }
    return { written };
  }],
  read: ["conn count within", async ({ conn, count, within }) => {
    const it = named(links, conn), messages = [];
    const most = Math.min(count ?? fault("no count"), 128);  // so many fit into a line
    await until(it, () => {
      for (let got; messages.length < most && (got = it.read()) !== null;)
        messages.push(describe(got));
      return messages.length >= most || !it.active;
    }, after(within));
    return { messages, ended: !it.active, last: it.active ? null : it.cause };
  }],
  state: ["conn", ({ conn }) => ({ connections: [...links.keys()],
    listeners: [...listeners.keys()], conn: conn && state(named(links, conn)) })],
  wait: ["conn for within", async ({ conn, for: what = fault("no for"), within }) => {
    const it = named(links, conn);
    const condition = { __proto__: null, ready: () => it.active, ended: () => it.ended,
      handshake: () => true, flushed: () => !it.queued }[what] ?? unsupported(what);
    return { happened: await until(it, condition, after(within)), conn: state(it) };
  }],
  close: ["conn listener keep", async ({ conn, listener, keep }) => {
    if (!conn === !listener) fault("close needs either conn or listener");
    if (conn) return finish(conn, keep);
    named(listeners, listener).close();
    return listeners.delete(listener) && {};
  }],
  abort: ["conn", ({ conn }) => finish(conn, false, "aborted", 0)],
  discard: ["conn", ({ conn }) => (links.has(conn) ? finish(conn, false, "aborted", 0) : {})],
  bye: ["", () => ({})],
});

async function finish(name, keep, ...how) {
  await named(links, name).close(...how);
  if (!keep) links.delete(name);
  return {};
}
