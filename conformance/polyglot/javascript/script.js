"use strict";
// Handshakes that are data, and waiting for something of a connection.

const { Unsupported, known, message, describe } = require("./messages.js");

/** Waits for what `holds` says to come about, at most for so long; gives what it said last. */
const until = (emitter, holds, seconds) => new Promise((resolve, reject) => {
  let timer = null;
  const settle = (how, what) => {
    clearTimeout(timer);
    emitter.off("change", look);
    how(what);
  };
  const look = (over) => {
    try {
      const held = holds();
      if (held || over === true) settle(resolve, held);
    } catch (error) { settle(reject, error); }
  };
  emitter.on("change", look);
  if (seconds < 2 ** 31 / 1000) timer = setTimeout(look, seconds * 1000, true);
  look(seconds <= 0);
});

const STEPS = { send: ["message"], expect: ["message"], return: ["value"], receive: [], drain: [],
  hold: [], raise: [] };

class Script {
  facts = { state: "running", received: [], returned: null, raised: null };
  #released = 0;

  constructor(steps) {
    this.steps = steps.map((step) => {
      known(step, ["do"], ["message", "value"]);
      if (!(step.do in STEPS)) throw new Unsupported(step.do);
      known(step, ["do", ...STEPS[step.do]]);
      return { ...step, ...(step.message && { message: message(step.message) }) };
    });
  }

  release(stocking, times = 1) { this.#released += times; stocking.emit("change"); }

  async run(stocking) {
    try {
      return this.facts.returned = await this.#play(stocking);
    } catch (error) {
      this.facts.raised = error.name;
      throw error;
    } finally {
      this.facts.state = "done";
    }
  }

  async #take(stocking) {
    const value = await stocking._read();
    if (value !== null) this.facts.received.push(describe(value));
    return value;
  }

  async #play(stocking) {
    for (const step of this.steps) {
      if (step.do === "send") stocking._write(step.message);
      if (step.do === "return") return step.value;
      if (step.do === "raise") throw Object.assign(new Error("as told"), { name: "Scripted" });
      if (step.do === "drain") while (await this.#take(stocking) !== null);
      if (step.do === "hold" && await until(stocking, () => this.#released, Infinity))
        this.#released--;
      if (step.do === "receive" || step.do === "expect") {
        const value = await this.#take(stocking);
        const same = () => typeof value === typeof step.message &&
          Buffer.from(value).equals(Buffer.from(step.message));
        if (value === null || (step.do === "expect" && !same())) return false;
      }
    }
    return true;
  }
}

module.exports = { Script, until };
