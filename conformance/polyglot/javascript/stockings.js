"use strict";
// Stockings for Node: whole messages, texts (strings) or bytes (Buffers), over a stream socket.

const { EventEmitter } = require("node:events");

const LARGEST = 2 ** 30;  // octets of a message that is taken; a longer one ends the connection
const LINGER = 5000;  // milliseconds that close() gives the other side

const named = (name, message) => Object.assign(new Error(message), { name });

function frame(message) {
  const text = typeof message === "string";
  if (text && /\p{Surrogate}/u.test(message)) throw named("BadText", "a lone surrogate");
  const payload = Buffer.from(message);
  const header = [(text ? 0 : 64) + payload.length % 64];
  for (let rest = Math.floor(payload.length / 64); rest; rest = Math.floor(rest / 128))
    header.push(rest % 128);
  header[header.length - 1] |= 128;
  return Buffer.concat([Buffer.from(header), payload]);
}

class Decoder {
  #count = 0; #kind = 0; #length = 0; #pieces = null; #missing = 0;
  #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  get inside() { return this.#count > 0; }

  /** Yields the messages that these octets complete; throws at a malformed or too long one. */
  * push(octets) {
    for (let at = 0; at < octets.length;) {
      if (!this.#pieces) this.#header(octets[at++]);
      if (!this.#pieces) continue;
      const piece = octets.subarray(at, at + this.#missing);
      at += piece.length;
      this.#missing -= piece.length;
      this.#pieces.push(piece);
      if (this.#missing) continue;
      const payload = Buffer.concat(this.#pieces);
      this.#count = 0;
      this.#pieces = null;
      yield this.#kind ? payload : this.#utf8.decode(payload);
    }
  }

  #header(octet) {
    if (++this.#count > 10) throw named("Malformed", "an eleventh header octet");
    if (this.#count === 1) [this.#kind, this.#length] = [octet & 64, octet & 63];
    else this.#length += (octet & 127) * 2 ** (7 * this.#count - 8);  // a double: no overflow
    if (octet < 128) return;
    if (this.#length > LARGEST) throw named("TooLong", `${this.#length} octets`);
    [this.#pieces, this.#missing] = [[], this.#length];
  }
}

/** One end of a connection. It emits "change" whenever there may be something new to learn. */
class Stocking extends EventEmitter {
  ended = false; closing = false; cause = null; handshaken = false;
  #inbox = []; #vain = false; #sock; #decoder; #gone;

  /** The socket has to be half-open by choice. A handshake is an async function of the Stocking. */
  constructor(sock, { handshake, preWrite = (it) => it, postRead = (it) => it } = {}) {
    super();
    this.setMaxListeners(0);
    [this.#sock, this.#decoder] = [sock, new Decoder()];
    Object.assign(this, { preWrite, postRead, handshaken: !handshake });
    this.#gone = new Promise((resolve) => sock.on("close", resolve));
    sock.on("data", (octets) => this.#take(octets));
    sock.on("error", () => { this.cause ??= "reset"; });
    sock.on("end", () => sock.end());  // what is queued still goes out
    sock.on("drain", () => this.emit("change"));
    sock.on("close", () => {
      this.cause ??= this.#decoder.inside ? "truncated" : "eof";
      this.ended = true;
      this.emit("change");
    });
    sock.resume();
    if (handshake) this.#shake(handshake);
  }

  get active() { return !this.closing && !(this.ended && !this.#inbox.length); }
  get ready() { return this.handshaken && this.active; }
  get queued() { return this.#sock.writableLength > 0; }

  write(message) {
    if (!this.handshaken) throw named("NotReady", "the handshake has not completed");
    this._write(this.preWrite(message));
  }

  /** The next message; null if none is there yet, or none can come any more (see active). */
  read() {
    if (!this.handshaken && !this.ended) throw named("NotReady", "the handshake has not completed");
    const message = this.handshaken && !this.closing ? this.#inbox.shift() : undefined;
    return message === undefined ? null : this.postRead(message);
  }

  _write(message) {
    if (this.closing || this.#sock.writableEnded || this.#sock.destroyed)
      throw named("Ended", `the connection has ended: ${this.cause ?? "eof"}`);
    this.#sock.write(frame(message), () => this.emit("change"));
  }

  /** For a handshake: the next message, or null once none can come any more. */
  async _read() {
    while (this.active && !this.#inbox.length)
      await new Promise((resolve) => this.once("change", resolve));
    if (this.active) return this.#inbox.shift();
    this.#vain = true;  // it has noticed the end: never ready
    return null;
  }

  /** Delivers what was written, within a bounded time. */
  async close(cause = "closed") {
    if (!this.closing) {
      this.cause ??= cause;
      this.closing = true;
      this.emit("change");
      this.#sock.end();
      const over = setTimeout(() => this.#sock.destroy(), LINGER);
      this.#gone.then(() => clearTimeout(over));
    }
    await this.#gone;
  }

  /** Drops what was written. */
  async abort(cause = "aborted") {
    this.cause ??= cause;
    this.closing = true;
    this.emit("change");
    this.#sock.destroy();
    await this.#gone;
  }

  #take(octets) {
    if (this.closing) return;
    try {
      for (const message of this.#decoder.push(octets)) this.#inbox.push(message);
    } catch {
      this.cause ??= "protocol";
      this.#sock.destroy();
    }
    this.emit("change");
  }

  async #shake(handshake) {
    let content = false;
    try {
      content = await handshake(this);
    } catch { /* as good as false: the handshake's own business */ }
    if (content && !this.#vain && !this.closing) this.handshaken = true;
    else this.close("handshake");
    this.emit("change");
  }
}

module.exports = { Stocking, LARGEST };
