"use strict";
// The mirror (conformance/ADAPTERS.md, level 0): every message comes back reversed.

const net = require("node:net");
const { Stocking } = require("./stockings.js");

function mirror(sock) {
  const stocking = new Stocking(sock);
  const reversed = (it) => (typeof it === "string" ? [...it].reverse().join("") : it.reverse());
  stocking.on("change", () => {
    for (let it; (it = stocking.read()) !== null;) stocking.write(reversed(it));
    if (stocking.ended) process.exit(0);
  });
}

const words = process.argv.slice(2), where = words[2];
const half = { allowHalfOpen: true };
if (words[0] !== "--mirror" || words.length !== 3) process.exit(89);
else if (words[1] === "--connect") {
  mirror(net.connect({ host: where.split(":")[0], port: Number(where.split(":")[1]), ...half }));
} else if (words[1] === "--listen") {
  const server = net.createServer({ ...half, pauseOnConnect: true }, mirror);
  server.listen(Number(where), "127.0.0.1", () => {
    console.log(`listening 127.0.0.1 ${server.address().port}`);
  });
} else process.exit(89);
