// The adapter of $name: requests become calls of your implementation.
//
// What is in protocol.mjs is alike for everybody. What is not here yet are the verbs.
// conformance/ADAPTERS.md says what each of them does, and
// `python -m harness smoke $name --peers peers.toml --first` which one to write next.

import { describe, fault, known, message, raised, serve, unsupported } from "./protocol.mjs";

const connections = new Map(), listeners = new Map();

if (process.argv.length > 2) process.exit(89);  // there are no options

// Verb: the keys that it knows, separated by blanks, and a function, async if it likes, that gets
// the request and gives what `ok` holds. These are to come:
//   hello: ["protocol", ...]                         listen: ["", ...]
//   open: ["conn flavour within connect accept", ...]
//   write: ["conn messages", ...]                    read: ["conn count within", ...]
//   state: ["conn", ...]                             wait: ["conn for within", ...]
//   close: ["conn listener", ...]                    discard: ["conn", ...]
serve({ __proto__: null,  // no verbs but these
  bye: ["", () => ({})],
});
