// What the adapter protocol (conformance/ADAPTERS.md) says about lines, messages and recipes.

import { createInterface } from "node:readline";
import { crc32 } from "node:zlib";

const LINE_LIMIT = 2 ** 20;  // octets, which are characters: requests are ASCII
const ALPHABET = [..."Az0~éßΩЖא€中\ufffd😀\u{10ffff}\0\n"];

// Each of these throws, and so gives another answer than ok.
const answer = (what) => { throw Object.assign(new Error(), { answer: what }); };
export const unsupported = (word) => answer({ unsupported: String(word) });
export const fault = (message) => answer({ fault: { message } });
export const raised = ({ name, message }, facts) => answer({ raised: { name, message, ...facts } });

/** Refuses a key that is not among those. One that is missing makes itself known. */
export function known(what, keys) {
  for (const key in what) if (!keys.split(" ").includes(key)) unsupported(key);
}

async function obey(line, verbs, id = null) {
  const print = (what) => process.stdout.write(`${JSON.stringify({ id, ...what })}\n`);
  try {
    if (line.length > LINE_LIMIT) fault(`a line of more than ${LINE_LIMIT} octets`);
    const request = JSON.parse(line);
    if (!Number.isInteger(request?.id)) fault("no object with an integer id");
    id = request.id;
    const [keys, carryOut] = verbs[request.do] ?? unsupported(request.do);
    known(request, `id do ${keys}`);
    print({ ok: await carryOut(request) });
    if (request.do === "bye") process.exit(0);
  } catch (error) {
    print(error.answer ?? { fault: { message: String(error), traceback: error.stack } });
  }
}

/** Answers the lines of stdin. A verb is the keys that it knows, and a function of the request. */
export const serve = (verbs) => createInterface({ input: process.stdin })
  .on("line", (line) => obey(line, verbs)).on("close", () => process.exit(0));

function recipe(text, x, length) {
  if (!(length >= 0)) fault("a message needs text, base64, or seed and length");
  const draw = () => (x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff) >> 16;
  const unit = Buffer.from(text ? Array.from({ length: 1024 }, () => ALPHABET[draw() & 15]).join("")
    : Array.from({ length: 4088 }, draw));
  const blocks = [], [digits, code] = text ? [8, "ascii"] : [16, "hex"];
  for (let k = 0; k * (8 + unit.length) <= length; k++)
    blocks.push(Buffer.from(k.toString(16).padStart(digits, "0"), code), unit);
  const whole = Buffer.concat(blocks);
  let cut = length;
  while (text && (whole[cut] & 0xc0) === 0x80) cut--;
  return whole.fill(".", cut).subarray(0, length);
}

/** The message of a request, as a string or a Buffer. */
export function message(what) {
  known(what, "kind text base64 seed length surrogate");
  const { kind, base64, seed, length } = what, text = kind === "text";
  if (!text && kind !== "bytes") unsupported(kind);
  if (what.surrogate || what.text !== undefined) return what.text ?? "a\ud800b";
  const octets = base64 === undefined ? recipe(text, seed, length) : Buffer.from(base64, "base64");
  return text ? octets.toString() : octets;
}

/** The facts about a message that was delivered. */
export function describe(message) {
  const octets = Buffer.from(message);
  return {
    kind: typeof message === "string" ? "text" : "bytes", length: octets.length,
    crc32: crc32(octets).toString(16).padStart(8, "0"),
    head: octets.toString("base64", 0, 32), tail: octets.subarray(-32).toString("base64"),
    base64: octets.length > 4096 ? undefined : octets.toString("base64"),
  };
}
