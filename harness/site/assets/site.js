"use strict";
// Rows are made on demand from the data of the index page; everything is set as text.
(function () {
  const STEP = 200;

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
  const form = document.getElementById("filters");
  const body = document.getElementById("rows");
  const more = document.getElementById("more");
  // What a result has for each filter: a result of a pair has the values of both its peers.
  const values = {
    implementation: (one) => one[2].map((at) => data.peers[at][1]),
    interpreter: (one) => one[2].map((at) => data.peers[at][2]),
    flavour: (one) => one[2].map((at) => data.peers[at][3]),
    family: (one) => [data.cases[one[0]].split("/")[0]],
    verdict: (one) => [data.verdicts[one[3]][0]],
  };
  let found = [];
  let shown = 0;

  for (const name of Object.keys(values)) {
    const there = new Set(data.results.flatMap(values[name]));
    for (const value of Array.from(there).sort()) {
      if (value) form.elements[name].add(new Option(value, value));
    }
  }

  function add(row, node) {
    const cell = row.insertCell();
    cell.append(node);
  }

  function show() {
    for (const one of found.slice(shown, shown + STEP)) {
      const row = body.insertRow();
      const verdict = data.verdicts[one[3]];
      const mark = document.createElement("span");
      mark.className = "v v-" + verdict[0];
      mark.textContent = verdict[1] + " " + verdict[0];
      add(row, mark);
      const name = document.createElement(one[4] ? "a" : "span");
      if (one[4]) name.href = one[4];
      name.textContent = data.cases[one[0]] + one[1];
      add(row, name);
      add(row, one[2].map((at) => data.peers[at][0]).join(" with "));
    }
    shown = Math.min(shown + STEP, found.length);
    more.hidden = shown === found.length;
    document.getElementById("count").textContent = found.length + " of " + data.results.length +
      " results" + (shown < found.length ? ", the first " + shown + " shown" : "");
  }

  function filter() {
    const wanted = Object.keys(values).filter((name) => form.elements[name].value);
    found = data.results.filter((one) =>
      wanted.every((name) => values[name](one).includes(form.elements[name].value)));
    body.replaceChildren();
    shown = 0;
    show();
  }

  form.addEventListener("change", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", show);
  document.getElementById("browse").hidden = false;
  filter();
})();
