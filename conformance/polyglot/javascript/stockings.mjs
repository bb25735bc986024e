// Stockings for Node: whole messages, texts (strings) or bytes (Buffers), over a stream socket.

import { EventEmitter, once } from "node:events";

export const LARGEST = 2 ** 30;  // octets of a message that is taken; a longer one ends it all
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });  // a BOM is content

const refusal = (name, message) => Object.assign(new Error(message), { name });

function frame(message) {
  const text = typeof message === "string";
  if (text && !message.isWellFormed()) throw refusal("BadText", "a lone surrogate");
  const payload = Buffer.from(message), header = [(text ? 0 : 64) + payload.length % 64];
  for (let rest = Math.floor(payload.length / 64); rest; rest = Math.floor(rest / 128))
    header.push(rest % 128);
  header[header.length - 1] |= 128;
  return Buffer.concat([Buffer.from(header), payload]);
}

/** Decodes what has arrived at a paused stream; yields, until more has, if it is inside a frame. */
function* decoder(sock, inbox) {
  for (;;) {
    let octet = 0, text, length;  // a length is a double: 69 bits do no harm
    for (let count = 0; octet < 128; count++) {
      while ((octet = sock.read(1)?.[0]) === undefined) yield count > 0;
      if (count === 10) throw new Error("an eleventh header octet");
      if (count === 0) [text, length] = [!(octet & 64), octet & 63];
      else length += (octet & 127) * 2 ** (7 * count - 1);
    }
    if (length > LARGEST) throw new Error(`a message of ${length} octets`);
    let payload = Buffer.alloc(0);
    while (length && (payload = sock.read(length))?.length !== length) yield true;
    inbox.push(text ? UTF8.decode(payload) : payload);
  }
}

/** Waits for a condition, which may come about with each "change"; returns what it said last. */
export async function until(emitter, condition, signal) {
  let holds;
  while (!(holds = condition()) && !signal?.aborted)
    await once(emitter, "change", { signal }).catch(() => {});
  return holds;
}

/** One end of a connection, over a half-open socket. A "change" says that there may be news. */
export class Stocking extends EventEmitter {
  cause = null;  // why it has ended, or is about to
  #closing = false; #inside = false; #inbox = [];

  constructor(sock) {
    super().setMaxListeners(0);
    this.sock = sock;
    const decoding = decoder(sock, this.#inbox);
    sock.on("readable", () => {
      try {
        this.#inside = decoding.next().value;
      } catch (error) { sock.destroy(error); }
      this.emit("change");
    });
    sock.on("error", (error) => { this.cause ??= error.syscall ? "reset" : "protocol"; });
    sock.on("end", () => sock.end());  // what is queued still goes out
    sock.on("close", () => this.emit("change", this.cause ??= this.#inside ? "truncated" : "eof"));
  }

  get ended() { return this.#closing || this.sock.closed; }
  get active() { return !this.#closing && !(this.sock.closed && !this.#inbox.length); }
  get queued() { return this.sock.writableLength > 0; }

  write(message) {
    if (this.#closing || !this.sock.writable) throw refusal("Ended", `by ${this.cause ?? "eof"}`);
    this.sock.write(frame(message), () => this.emit("change"));
  }

  /** The next message; null if none is there yet, or none can come any more (see active). */
  read() { return this.active && this.#inbox.length ? this.#inbox.shift() : null; }

  /** Delivers what was written, within five seconds or those that are given. */
  async close(cause = "closed", linger = 5) {
    this.cause ??= cause;
    this.#closing = true;
    this.#inbox.length = 0;
    this.sock.removeAllListeners("readable").resume().end();  // what still arrives is dropped
    this.emit("change");
    await until(this, () => this.sock.closed, AbortSignal.timeout(linger * 1000));
    this.sock.destroy();
  }
}
