"use strict";
// The adapter (conformance/ADAPTERS.md): lines of JSON from stdin become calls of stockings.js.

const net = require("node:net");
const { Stocking, LARGEST } = require("./stockings.js");
const { Unsupported, fault, raise, known, message, describe } = require("./messages.js");
const { Script, until } = require("./script.js");

// Connections: a Stocking with its script.

const links = new Map(), listeners = new Map();
let listened = 0;

const link = (name) => links.get(name) ?? (() => { throw new Unsupported(name); })();

const NONE = { state: "none", received: [], returned: null, raised: null };
const facts = ({ stocking, script }) => ({
  active: stocking.active, ready: stocking.ready, queued: stocking.queued, readable: null,
  ended: stocking.ended || stocking.closing, handshake: script?.facts ?? NONE,
  end: stocking.ended || stocking.closing ? stocking.cause : null });

// The verbs: keys that a request must have, keys that it may have, and what is done.

const VERBS = {
  hello: [["protocol"], [], ({ protocol }) => {
    if (protocol !== 1) throw new Unsupported("protocol");
    return { protocol: 1, runtime: `node ${process.versions.node}`, platform: process.platform,
      implementation: { name: "stockings.js", version: "1.0", language: "JavaScript" },
      pid: process.pid, flavours: ["default"], kinds: ["bytes", "text"], largest: LARGEST,
      features: ["abort", "causes", "handshake", "hooks", "keep", "queued", "surrogates"] };
  }],
  listen: [[], [], async () => {
    const arrived = [], name = `l${++listened}`;
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (sock) => {
      sock.on("error", () => {});  // it may be reset before it is taken
      arrived.push(sock);
      server.emit("change");
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    listeners.set(name, Object.assign(server, { arrived }));
    return { listener: name, address: ["127.0.0.1", server.address().port] };
  }],
  open: [["conn", "flavour", "within"], ["connect", "accept", "handshake", "hooks"], open],
  write: [["conn", "messages"], [], ({ conn, messages }) => {
    const { stocking } = link(conn), values = messages.map(message);
    let written = 0;
    try {
      for (const value of values) { stocking.write(value); written++; }
    } catch (error) { raise(error, { written }); }
    return { written };
  }],
  read: [["conn", "count", "within"], [], async ({ conn, count, within }) => {
    const { stocking } = link(conn), messages = [], end = Date.now() + within * 1000;
    let room = 2 ** 19, value = null;
    try {
      const came = () => (value = stocking.read()) !== null || !stocking.active;
      while (messages.length < count && room > 0) {
        if (!await until(stocking, came, (end - Date.now()) / 1000) || value === null) break;
        messages.push(describe(value));
        room -= JSON.stringify(messages.at(-1)).length;
        value = null;
      }
    } catch (error) { raise(error, { messages }); }
    const ended = !stocking.active;
    return { messages, ended, last: ended ? stocking.cause : null };
  }],
  state: [[], ["conn"], ({ conn }) => ({ connections: [...links.keys()],
    listeners: [...listeners.keys()], ...(conn !== undefined && { conn: facts(link(conn)) }) })],
  wait: [["conn"], ["for", "within", "release"], async ({ conn, within, release, ...rest }) => {
    const it = link(conn), { stocking, script } = it;
    if (release !== undefined) {
      script?.release(stocking);
      return {};
    }
    const conditions = { ready: () => stocking.ready, flushed: () => !stocking.queued,
      ended: () => stocking.ended || stocking.closing,
      handshake: () => script?.facts.state !== "running" };
    if (!("for" in rest) || !(within >= 0)) fault("wait needs 'for' and 'within'");
    if (!Object.hasOwn(conditions, rest.for)) throw new Unsupported(rest.for);
    return { happened: await until(stocking, conditions[rest.for], within), conn: facts(it) };
  }],
  close: [[], ["conn", "listener", "keep"], async ({ conn, listener, keep }) => {
    if ((conn === undefined) === (listener === undefined)) fault("close needs conn or listener");
    if (conn !== undefined) return finish(conn, "close", keep);
    const server = listeners.get(listener);
    if (!server) throw new Unsupported(listener);
    listeners.delete(listener);
    for (const sock of server.arrived) sock.destroy();
    server.close();
    return {};
  }],
  abort: [["conn"], [], ({ conn }) => finish(conn, "abort")],
  discard: [["conn"], [], ({ conn }) => (links.has(conn) ? finish(conn, "abort") : {})],
  bye: [[], [], () => ({})],
};

async function open({ conn, flavour, within, connect, accept, handshake, hooks = {} }) {
  if (flavour !== "default") throw new Unsupported(flavour);
  if (!connect === !accept) fault("open needs connect or accept");
  const script = handshake && new Script(handshake), { preWrite, postRead } = hooks;
  known(hooks, [], ["preWrite", "postRead"]);
  if (preWrite) known(preWrite, ["prepend"]);
  if (postRead) known(postRead, ["append"]);
  if (links.has(conn)) fault(`there is a connection ${conn} already`);
  links.set(conn, {});  // taken while it is being made
  try {
    const sock = connect ? await dialled(connect, within) : await accepted(accept, within);
    const marked = (mark) => (it) => (typeof it === "string" ? mark(it) : it);
    const stocking = new Stocking(sock, {
      handshake: script && ((it) => script.run(it)),
      ...(preWrite && { preWrite: marked((it) => preWrite.prepend + it) }),
      ...(postRead && { postRead: marked((it) => it + postRead.append) }),
    });
    links.set(conn, { stocking, script });
    return { local: [sock.localAddress, sock.localPort],
      remote: [sock.remoteAddress, sock.remotePort] };
  } catch (error) {
    links.delete(conn);
    throw error;
  }
}

function dialled([host, port], within) {
  return new Promise((resolve, reject) => {
    const sock = net.connect({ host, port, allowHalfOpen: true });
    const timer = setTimeout(() => sock.destroy(new Error("no answer in time")), within * 1000);
    sock.once("error", reject);
    sock.once("connect", () => {
      clearTimeout(timer);
      resolve(sock.off("error", reject));
    });
  }).catch((error) => fault(`cannot connect to ${host} port ${port}: ${error.message}`));
}

async function accepted(name, within) {
  const server = listeners.get(name);
  if (!server) throw new Unsupported(name);
  if (!await until(server, () => server.arrived.length > 0, within)) fault("nobody connected");
  return server.arrived.shift();
}

async function finish(name, how, keep = false) {
  const { stocking, script } = link(name);
  if (!stocking) fault("it is still being opened");
  await stocking[how]();
  script?.release(stocking, script.steps.length);
  if (!keep) links.delete(name);
  return {};
}

// The lines.

function parse(line) {
  try {
    return JSON.parse(line);
  } catch { return fault("the line is not JSON"); }
}

async function obey(line) {
  let request;
  const answer = (what) =>
    process.stdout.write(`${JSON.stringify({ id: request?.id ?? null, ...what })}\n`);
  try {
    if (line === null) fault(`a line of more than ${LINE_LIMIT} octets`);
    const read = parse(line);
    if (!Number.isInteger(read?.id)) fault("no object with an integer id");
    request = read;
    const [needed, allowed, carryOut] = VERBS[request.do] ?? [];
    if (!carryOut) throw new Unsupported(String(request.do));
    known(request, ["id", "do", ...needed], allowed);
    answer({ ok: await carryOut(request) });
    if (request.do === "bye") process.exit(0);
  } catch (error) {
    answer(error.answer ?? { fault: { message: String(error), traceback: error.stack } });
  }
}

const LINE_LIMIT = 2 ** 20;

function drive() {
  let held = Buffer.alloc(0), skipping = false;
  process.stdin.on("data", (octets) => {
    held = Buffer.concat([held, octets]);
    for (let end; (end = held.indexOf(10)) >= 0; held = held.subarray(end + 1)) {
      if (!skipping) obey(end > LINE_LIMIT ? null : held.subarray(0, end).toString());
      skipping = false;
    }
    if (held.length > LINE_LIMIT && !skipping) obey(null);
    if (held.length > LINE_LIMIT || skipping) [held, skipping] = [Buffer.alloc(0), true];
  });
  process.stdin.on("end", () => process.exit(0));
}

if (process.argv.length > 2) process.exit(89);
drive();
