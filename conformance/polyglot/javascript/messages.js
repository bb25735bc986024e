"use strict";
// What the adapter protocol says about requests, messages and recipes.

const answering = (key) => class { constructor(value) { this.answer = { [key]: value }; } };
const Unsupported = answering("unsupported"), Raised = answering("raised");
const fault = (message) => { throw new (answering("fault"))({ message }); };
const raise = ({ name, message }, facts) => { throw new Raised({ name, message, ...facts }); };

function known(what, needed, allowed = []) {
  if (what === null || typeof what !== "object" || Array.isArray(what)) fault("no JSON object");
  for (const key in what)
    if (!needed.includes(key) && !allowed.includes(key)) throw new Unsupported(key);
  for (const key of needed) if (!(key in what)) fault(`${key} is missing`);
}

const draws = (x, count) => Array.from({ length: count }, () => {
  x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff;
  return x >> 16;
});
const ALPHABET = [..."Az0~éßΩЖא€中\ufffd😀\u{10ffff}\0\n"];

function recipe(text, seed, length) {
  const unit = text ? Buffer.from(draws(seed, 1024).map((draw) => ALPHABET[draw & 15]).join(""))
    : Buffer.from(draws(seed, 4088));
  const pieces = [], block = 8 + unit.length;
  for (let k = 0; k * block <= length; k++) {
    const number = k.toString(16).padStart(text ? 8 : 16, "0");
    pieces.push(Buffer.from(number, text ? "ascii" : "hex"), unit);
  }
  const whole = Buffer.concat(pieces);
  let cut = length;
  while (text && (whole[cut] & 0xc0) === 0x80) cut--;
  return Buffer.concat([whole.subarray(0, cut), Buffer.alloc(length - cut, ".")]);
}

function message(what) {
  known(what, ["kind"], ["text", "base64", "seed", "length", "surrogate"]);
  const text = what.kind === "text";
  if (!text && what.kind !== "bytes") throw new Unsupported(what.kind);
  if (text && typeof what.text === "string") return what.text;
  if (text && what.surrogate) return "a\ud800b";
  if (!text && typeof what.base64 === "string") return Buffer.from(what.base64, "base64");
  if (!("seed" in what && "length" in what)) fault("a message without its content");
  const payload = recipe(text, what.seed, what.length);
  return text ? payload.toString() : payload;
}

const TABLE = Array.from({ length: 256 }, (_, n) => {
  for (let bit = 0; bit < 8; bit++) n = n & 1 ? (n >>> 1) ^ 0xedb88320 : n >>> 1;
  return n;
});

function describe(value) {
  const octets = Buffer.from(value), base64 = octets.toString("base64");
  let crc = -1;
  for (const octet of octets) crc = TABLE[(crc ^ octet) & 255] ^ (crc >>> 8);
  return {
    kind: typeof value === "string" ? "text" : "bytes", length: octets.length,
    crc32: (~crc >>> 0).toString(16).padStart(8, "0"),
    head: octets.subarray(0, 32).toString("base64"),
    tail: octets.subarray(-32).toString("base64"), ...(octets.length <= 4096 && { base64 }),
  };
}

module.exports = { Unsupported, fault, raise, known, message, describe };
