"use strict";
// Rows are made on demand from the data of the index page; everything is set as text.
(function () {
  const STEP = 50;

  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", function () {
      const code = button.previousElementSibling;
      const range = document.createRange();
      range.selectNodeContents(code);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      // The newer interface is not there for pages from a folder in every browser.
      button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
    });
  }

  const holder = document.getElementById("data");
  if (!holder) return;
  const data = JSON.parse(holder.textContent);
  const browse = document.getElementById("browse");
  const form = document.getElementById("filters");
  const body = document.getElementById("rows");
  const more = document.getElementById("more");
  const families = data.names.map((name) => name.split("/")[0]);
  const letters = new Map(data.verdicts.map((one) => [one[1], one[0]]));
  const total = data.places.reduce((sum, place) => sum + place[2].length, 0);
  // Which of a peer's words each filter is about; a result of a pair has the values of both peers.
  const words = {implementation: 1, interpreter: 2, flavour: 3};
  let found = [];
  let shown = 0;

  function offer(name, values) {
    for (const value of Array.from(new Set(values)).sort()) {
      if (value) form.elements[name].add(new Option(value, value));
    }
  }

  function add(row, node) {
    row.insertCell().append(node);
  }

  function mark(letter) {
    const made = document.createElement("span");
    const bold = document.createElement("b");
    bold.ariaHidden = "true";
    bold.textContent = letter;
    made.className = "v v-" + letters.get(letter);
    made.append(bold, " " + letters.get(letter));
    return made;
  }

  function show() {
    const rows = document.createDocumentFragment();
    for (const [place, at] of found.slice(shown, shown + STEP)) {
      const row = document.createElement("tr");
      add(row, mark(place[2][at]));
      const page = place[3][at];
      const name = document.createElement(page ? "a" : "span");
      if (page) name.href = page;
      for (const part of data.names[data.lists[place[1]][at]].split(/(?<=[/@[,])/)) {
        name.append(part, document.createElement("wbr"));
      }
      add(row, name);
      add(row, place[0].map((peer) => data.peers[peer][0]).join(" with "));
      rows.append(row);
    }
    body.append(rows);
    shown = Math.min(shown + STEP, found.length);
    more.hidden = shown === found.length;
    document.getElementById("count").textContent = found.length + " of " + total +
      " results" + (shown < found.length ? ", the first " + shown + " shown" : "");
  }

  function filter() {
    const {family, verdict} = Object.fromEntries(new FormData(form));
    const asked = Object.keys(words).filter((name) => form.elements[name].value);
    const heaps = new Map(data.verdicts.map((one) => [one[1], []]));
    for (const place of data.places) {
      if (!asked.every((name) => place[0].some(
        (peer) => data.peers[peer][words[name]] === form.elements[name].value))) continue;
      const names = data.lists[place[1]];
      for (let at = 0; at < names.length; at += 1) {
        const letter = place[2][at];
        if ((!verdict || letters.get(letter) === verdict) &&
            (!family || families[names[at]] === family)) heaps.get(letter).push([place, at]);
      }
    }
    found = Array.from(heaps.values()).flat();
    body.replaceChildren();
    shown = 0;
    show();
  }

  // The address holds the filters, so that the way back from a case leads to the same rows.
  function read() {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const field of form.elements) {
      field.value = asked.get(field.name) || "";
      // A link from another run may ask for what this one does not have.
      if (field.selectedIndex < 0) field.value = "";
    }
    filter();
  }

  function change() {
    const asked = new URLSearchParams(new FormData(form));
    for (const name of Array.from(asked.keys())) if (!asked.get(name)) asked.delete(name);
    history.replaceState(null, "", "#" + asked);
    filter();
  }

  for (const name of Object.keys(words)) offer(name, data.peers.map((one) => one[words[name]]));
  offer("family", families);
  offer("verdict", data.places.flatMap((one) => Array.from(one[2], (two) => letters.get(two))));
  for (const one of document.querySelectorAll(".legend .v")) {
    const link = document.createElement("a");
    link.className = one.className;
    link.href = "#verdict=" + one.dataset.verdict;
    link.append(...one.childNodes);
    link.addEventListener("click", () => setTimeout(() => browse.scrollIntoView()));
    one.replaceWith(link);
  }
  form.addEventListener("change", change);
  form.addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", read);
  more.addEventListener("click", show);
  browse.hidden = false;
  read();
})();
