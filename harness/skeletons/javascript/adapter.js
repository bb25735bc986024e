"use strict";
// The adapter of $name: lines of JSON from stdin become calls of your implementation.
//
// What is here, and in messages.js, is alike for everybody. What is not here yet are the verbs.
// conformance/ADAPTERS.md says what each of them does, and
// `python -m harness smoke $name --peers peers.toml --first` which one to write next.

const { Unsupported, fault, raise, known, message, describe } = require("./messages.js");

const LINE_LIMIT = 2 ** 20;
const connections = new Map(), listeners = new Map();

// Verb: keys that a request must have, keys that it may have, and a function, async if it likes,
// that gets the request and gives what `ok` holds. These are to come:
//   hello: [["protocol"], [], ...]            listen: [[], [], ...]
//   open: [["conn", "flavour", "within"], ["connect", "accept"], ...]
//   write: [["conn", "messages"], [], ...]    read: [["conn", "count", "within"], [], ...]
//   state: [[], ["conn"], ...]                wait: [["conn", "for", "within"], [], ...]
//   close: [[], ["conn", "listener"], ...]    discard: [["conn"], [], ...]
const VERBS = {
  bye: [[], [], () => ({})],
};

function parse(line) {
  if (line === null) fault(`a line of more than $${LINE_LIMIT} octets`);
  try {
    return JSON.parse(line);
  } catch { return fault("the line is not JSON"); }
}

async function obey(line) {
  let id = null;
  const answer = (what) => process.stdout.write(`$${JSON.stringify({ id, ...what })}\n`);
  try {
    const request = parse(line);
    if (!Number.isInteger(request?.id)) fault("no object with an integer id");
    id = request.id;
    if (!Object.hasOwn(VERBS, request.do)) throw new Unsupported(String(request.do));
    const [needed, allowed, carryOut] = VERBS[request.do];
    known(request, ["id", "do", ...needed], allowed);
    answer({ ok: await carryOut(request) });
    if (request.do === "bye") process.exit(0);
  } catch (error) {
    answer(error.answer ?? { fault: { message: String(error), traceback: error.stack } });
  }
}

if (process.argv.length > 2) process.exit(89);
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
