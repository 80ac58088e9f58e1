"""Style sheet of the page, and the script that enlarges a picture."""

import base64
import hashlib

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #fff; --surface: #f4f6f8; --line: #d7dde3; --ink: #1a1e23; --soft: #56606b; --link: #0b5cad;
  --series-1: #2a6fb5; --series-2: #c2550a; --better: #11683a; --worse: #a3301d; --alarm: #fdf1e7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #13161a; --surface: #1c2126; --line: #363e47; --ink: #e5e9ed; --soft: #9ca7b3; --link: #7db9ff;
    --series-1: #6db1f2; --series-2: #f3965a; --better: #74d192; --worse: #ff9c87; --alarm: #33261b;
  }
}
* { box-sizing: border-box; }
html { scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body {
  margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
main { max-width: 1360px; margin: 0 auto; padding: 1.5rem clamp(1rem, 3vw, 2.5rem) 4rem; }
h1, h2, h3, h4, h5 { line-height: 1.25; margin: 0 0 .5rem; text-wrap: balance; }
h1 { font-size: 2rem; }
h2 { font-size: 1.5rem; margin-top: 3rem; padding-top: 1rem; border-top: 2px solid var(--line); }
h3 { font-size: 1.2rem; margin-top: 2rem; font-weight: 500; }
h4 { font-size: 1rem; margin-top: 1.75rem; }
h5 { font-size: 1rem; margin: 0; }
.name { font-weight: 700; }
p { margin: 0 0 1rem; max-width: 85ch; }
.note, figcaption { color: var(--soft); font-size: .875rem; }
a { color: var(--link); }
nav { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; }
code { font: .9em ui-monospace, Menlo, Consolas, monospace; background: var(--surface); padding: .1em .35em;
  border-radius: 4px; }
.empty { background: var(--surface); border-radius: 8px; padding: 1rem; max-width: none; }
.problem, .problems { background: var(--alarm); border-left: 4px solid var(--worse); border-radius: 4px;
  padding: .5rem .75rem; font-size: .875rem; max-width: none; margin: 0; }
.problems { margin-top: 1rem; }
.facts { display: flex; flex-wrap: wrap; gap: .75rem 2rem; margin: 0 0 1rem; }
dt { color: var(--soft); font-size: .8125rem; }
dd { margin: 0; }
figure { margin: 0; }
figcaption { margin-top: .25rem; line-height: 1.35; }
figcaption b { color: var(--ink); }
img { display: block; width: 100%; height: auto; border-radius: 3px; }
.enlarge { display: block; width: 100%; padding: 0; border: 0; background: none; cursor: zoom-in; }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }

.scroll { overflow-x: auto; margin: 0 0 1rem; }
table { border-collapse: collapse; font-size: .9375rem; overflow-wrap: normal; }
th, td { padding: .35rem .75rem; text-align: right; white-space: nowrap; }
th { font-weight: 500; }
thead th { color: var(--soft); font-size: .8125rem; border-bottom: 2px solid var(--line);
  vertical-align: bottom; }
th:first-child, .words { text-align: left; }
tbody tr + tr.first > * { border-top: 1px solid var(--line); }
tr.gain { background: var(--surface); }
td small { display: block; color: var(--soft); font-size: .6875rem; font-weight: 400; }
.better { color: var(--better); font-weight: 600; }
.worse { color: var(--worse); }
details { margin: 0 0 .75rem; }
summary { cursor: pointer; padding: .25rem 0; }

.scene { display: grid; grid-template-columns: 16rem minmax(0, 1fr); gap: 1.25rem; padding: 1rem 0;
  border-top: 1px solid var(--line); align-items: start; }
.scene p.note { margin-bottom: .75rem; }
.ladder { display: grid; grid-template-columns: repeat(var(--photos), minmax(0, 1fr)); gap: .5rem; }
.ladder figcaption, .thumbnails figcaption { font-size: .75rem; }
.ladder figcaption { font-size: .6875rem; white-space: nowrap; }
.ladder figcaption > *, .thumbnails figcaption > * { display: block; }
.plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 30rem), 1fr));
  gap: 1.5rem; }
.plots.statistics { grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); max-width: 66rem;
  align-items: start; margin-bottom: 1rem; }
.plots.answer { display: block; max-width: 56rem; margin: 0 0 1rem; }
.plots svg { display: block; width: 100%; height: auto; }
.plots svg * { stroke-linejoin: round; stroke-linecap: butt; }

.strips { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 36rem), 1fr));
  gap: 1.5rem 2rem; }
.strip { display: grid; grid-template-columns: 1.5rem repeat(3, minmax(0, 1fr)); gap: .25rem 0; }
.strip figcaption { grid-area: 1 / 1 / 2 / 5; margin: 0; }
.strip .column { grid-row: 2; font-size: .8125rem; color: var(--soft); text-align: center; line-height: 1.25;
  align-self: end; }
.strip .column-0 { grid-column: 2; } .strip .column-1 { grid-column: 3; } .strip .column-2 { grid-column: 4; }
.strip .row { grid-column: 1; font-size: .75rem; color: var(--soft); writing-mode: vertical-rl;
  rotate: 180deg; text-align: center; }
.strip .row-0 { grid-row: 3; } .strip .row-1 { grid-row: 4; }
.strip .enlarge { grid-area: 3 / 2 / 5 / 5; }

.pair { display: grid; grid-template-columns: 1fr 1fr; gap: .5rem; margin-bottom: 1rem; max-width: 62rem; }
.pair img { max-height: 36rem; object-fit: contain; object-position: left; }
.thumbnails { display: grid; grid-template-columns: repeat(auto-fill, minmax(7rem, 10rem)); gap: .5rem; }

dialog { border: 0; padding: 1rem; margin: auto; width: 100vw; height: 100vh;
  max-width: none; max-height: none; background: #000e; color: #fff; cursor: zoom-out; }
dialog[open] { display: grid; grid-template-rows: minmax(0, 1fr) auto; gap: .5rem; }
dialog img { width: 100%; height: 100%; object-fit: contain; border-radius: 0; }
dialog p { margin: 0 auto; text-align: center; }
@media (max-width: 60rem) { .ladder { grid-template-columns: repeat(5, minmax(0, 1fr)); } }
@media (max-width: 42rem) {
  .scene { grid-template-columns: 1fr; }
  .ladder figcaption { white-space: normal; }
  body { font-size: 15px; }
}
"""

SCRIPT = """
"use strict";
const dialog = document.getElementById("enlarged");
let shown = null;
function show(button) {
  shown = button;
  const small = button.querySelector("img");
  const large = new Image();
  large.src = small.src;
  large.alt = small.alt;
  const text = document.createElement("p");
  text.textContent = small.alt;
  dialog.replaceChildren(large, text);
  if (!dialog.open) dialog.showModal();
}
document.addEventListener("click", event => {
  const button = event.target.closest("button.enlarge");
  if (dialog.open) dialog.close();
  else if (button) show(button);
});
document.addEventListener("keydown", event => {
  const step = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (!dialog.open || !step) return;
  const buttons = [...document.querySelectorAll("button.enlarge")];
  const next = buttons[buttons.indexOf(shown) + step];
  if (next) show(next);
});
"""

_SCRIPT_HASH = base64.b64encode(hashlib.sha256(SCRIPT.encode()).digest()).decode()
CONTENT_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src 'unsafe-inline'; "
    f"script-src 'sha256-{_SCRIPT_HASH}'"
)
"""Policy by which browsers load nothing from elsewhere and run only this script, whatever is on the page."""
