// Draws the figures of the page, follows its theme, and shows and hides engines and sizes in all of them at once.
"use strict";

const root = document.documentElement;
const plots = [];
const hidden = { engine: new Set(), atoms: new Set() };

function colour(name) {
  return getComputedStyle(root).getPropertyValue(name).trim();
}

// On dark paper a colour is mixed with white, a dark one more: it can be seen, and dark and light stay apart.
function readable(hex) {
  const digits = /^#([0-9a-f]{6})$/i.exec(hex || "");
  if (!digits || root.dataset.theme !== "dark") return hex;
  const parts = [0, 2, 4].map((start) => parseInt(digits[1].slice(start, start + 2), 16));
  const luminance = (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]) / 255;
  const white = Math.max(0, (0.42 - 0.5 * luminance) / (1 - luminance));
  return `rgb(${parts.map((part) => Math.round(part + (255 - part) * white)).join(",")})`;
}

// Whether what is of an engine, or of two, and of a size is switched off.
function isOff(source) {
  if (!source) return false;
  return hidden.engine.has(source.engine) || hidden.engine.has(source.other) || hidden.atoms.has(String(source.atoms));
}

// The legend names each group of curves by the first of them that is shown.
function named(traces, all) {
  const order = [...new Set(all.filter((trace) => trace.showlegend).map((trace) => trace.legendgroup))];
  const wanted = new Set(order);
  return traces.map((trace) => {
    const showlegend = Boolean(trace.visible && trace.name && wanted.delete(trace.legendgroup));
    return { ...trace, showlegend, legendrank: order.indexOf(trace.legendgroup) };
  });
}

function themedTrace(trace) {
  const themed = { ...trace };
  if (trace.line) themed.line = { ...trace.line, color: readable(trace.line.color) };
  if (trace.marker) themed.marker = { ...trace.marker, color: readable(trace.marker.color) };
  if (trace.error_y) themed.error_y = { ...trace.error_y, color: readable(trace.error_y.color) };
  themed.visible = !isOff(trace.meta);
  return themed;
}

function themedLayout(layout) {
  const ink = colour("--ink");
  const themed = { ...layout, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)" };
  themed.font = { ...layout.font, color: ink };
  themed.hoverlabel = { bgcolor: colour("--paper"), bordercolor: colour("--line"), font: { color: ink } };
  for (const key of Object.keys(layout)) {
    if (/^[xy]axis\d*$/.test(key)) {
      themed[key] = { ...layout[key], gridcolor: colour("--grid"), linecolor: ink, tickcolor: ink };
    }
  }
  themed.shapes = (layout.shapes || []).map((each, index) => ({ ...each, visible: !isOff(layout.meta.shapes[index]) }));
  themed.annotations = (layout.annotations || []).map((each) => ({
    ...each,
    font: { ...each.font, color: ink },
    text: each.text.replace(/color:(#[0-9a-f]{6})/gi, (_, hex) => `color:${readable(hex)}`),
  }));
  return themed;
}

// The pairs of axes of a layout, as they are read: rows from the top, each from the left.
function panelsOf(layout) {
  return Object.keys(layout)
    .filter((key) => /^xaxis\d*$/.test(key))
    .map((key) => ({ x: key, y: `yaxis${key.slice(5)}` }))
    .sort((one, other) => layout[other.y].domain[1] - layout[one.y].domain[1] || layout[one.x].domain[0] - layout[other.x].domain[0]);
}

// Where a title above a panel has gone with it.
function moved(each, from, to) {
  const panel = from.findIndex(({ x, y }) => each.x >= x[0] - 1e-6 && each.x <= x[1] + 1e-6 && each.y >= y[0] - 1e-6 && each.y <= y[1] + 1e-6);
  if (panel < 0) return each;
  const share = (value, [low, high]) => (value - low) / (high - low);
  const placed = (part, [low, high]) => low + part * (high - low);
  const x = placed(share(each.x, from[panel].x), to[panel].x);
  return { ...each, x, y: placed(share(each.y, from[panel].y), to[panel].y) };
}

// A text longer than so many letters in two lines, broken at the space nearest its middle.
function inTwoLines(text, letters) {
  if (!text || text.length <= letters || text.includes("<")) return text;
  const spaces = [...text.matchAll(/ /g)].map((found) => found.index);
  const middle = spaces.sort((one, other) => Math.abs(one - text.length / 2) - Math.abs(other - text.length / 2))[0];
  return middle ? `${text.slice(0, middle)}<br>${text.slice(middle + 1)}` : text;
}

// Names of axes that are longer than their panel is high, in two lines, with room for both.
function titled(layout, inner) {
  let broken = false;
  for (const { y } of panelsOf(layout)) {
    const { title, domain } = layout[y];
    const text = inTwoLines(title && title.text, Math.floor((inner * (domain[1] - domain[0])) / TITLE_LETTER));
    if (!text || text === title.text) continue;
    layout[y] = { ...layout[y], title: { ...title, text } };
    broken = true;
  }
  if (broken) layout.margin = { ...layout.margin, l: layout.margin.l + 18 };
}

// Points of named rows, moved below the name of their row.
function lowered(trace, layout) {
  const axis = layout[`yaxis${(trace.yaxis || "y").slice(1)}`];
  if (!axis.ticktext) return trace;
  return { ...trace, y: trace.y.map((y) => Math.round(y) + 0.2 + 0.7 * (y - Math.round(y))) };
}

const DESK = { rows: 2 };
const PHONE = { width: 560, panel: 190, gap: 76, row: 40, rows: 6, reasons: 2 };
const LEGEND = { row: 21, line: 16, letter: 6.4, symbol: 48, many: 8, letters: 30 };
const TITLE_LETTER = 7.8; // pixels of a letter of an axis's name

// What a phone shows of a figure at a time: a panel, or some of its named rows. Panels that share their rows stay together.
function viewsOf(layout) {
  const views = [];
  for (const panel of panelsOf(layout)) {
    const { title, ticktext } = layout[panel.y];
    if (ticktext && !ticktext.some(Boolean) && views.length) {
      const beside = views.filter((view) => view.lead === views[views.length - 1].lead);
      for (const view of beside) view.panels.push(panel);
      continue;
    }
    const count = ticktext ? ticktext.length : 0;
    const parts = Math.max(1, Math.ceil(count / PHONE.rows));
    const size = Math.ceil(count / parts);
    const note = noteAbove(layout, panel);
    const what = [note, (title && title.text) || "rows", ((layout[panel.x].title || {}).text) || ""].filter(Boolean).slice(0, 2);
    for (let part = 0; part < parts; part += 1) {
      const rows = parts > 1 ? [part * size, Math.min(count, (part + 1) * size)] : null;
      const name = rows ? `rows ${rows[0] + 1} to ${rows[1]} of ${count}` : what.join(": ").replace(/<[^>]*>/g, "");
      views.push({ lead: panel.y, panels: [panel], rows, name });
    }
  }
  return views;
}

// What a desk shows of a figure of many rows, as of many lines of states, at a time: some of its rows.
function rowViewsOf(layout) {
  const rows = new Map();
  for (const panel of panelsOf(layout)) {
    if (layout[panel.y].ticktext) return [];
    const top = layout[panel.y].domain[1].toFixed(6);
    rows.set(top, [...(rows.get(top) || []), panel]);
  }
  const all = [...rows.values()];
  if (all.length <= DESK.rows) return [];
  const views = [];
  for (let start = 0; start < all.length; start += DESK.rows) {
    const chosen = all.slice(start, start + DESK.rows);
    const notes = chosen.map((row) => row.map((panel) => noteAbove(layout, panel)).find(Boolean) || "a row");
    views.push({ panels: chosen.flat(), rows: null, name: notes.join(" and ").replace(/<[^>]*>/g, "") });
  }
  return views;
}

// The note that stands above a panel.
function noteAbove(layout, { x, y }) {
  const [left, right] = layout[x].domain;
  const top = layout[y].domain[1];
  const note = (layout.annotations || []).find((each) => each.xref === "paper" && each.x >= left - 1e-6 && each.x <= right + 1e-6 && Math.abs(each.y - top) < 1e-6);
  return note ? note.text : "";
}

// Leave of a figure what one view shows.
function viewed(layout, traces, view) {
  const axes = view.panels.flatMap(({ x, y }) => [x, y]);
  const short = new Set(axes.map((key) => key.replace("axis", "")));
  const isOf = (each) => each.xref === "paper" || short.has(each.xref.split(" ")[0]);
  const notes = view.panels.map((panel) => noteAbove(layout, panel));
  for (const key of Object.keys(layout)) if (/^[xy]axis\d*$/.test(key) && !axes.includes(key)) delete layout[key];
  const shapes = layout.shapes.map((shape, index) => ({ shape, source: layout.meta.shapes[index] })).filter(({ shape }) => isOf(shape));
  layout.shapes = shapes.map(({ shape }) => shape);
  layout.meta = { ...layout.meta, shapes: shapes.map(({ source }) => source) };
  layout.annotations = layout.annotations.filter((each) => isOf(each) && (each.xref !== "paper" || notes.includes(each.text)));
  if (view.rows) {
    for (const { y } of view.panels) layout[y] = { ...layout[y], range: [view.rows[1] - 0.5, view.rows[0] - 0.5] };
  }
  return traces.filter((trace) => short.has(trace.xaxis || "x"));
}

// What a phone or a desk shows of a figure is chosen above it.
function chooser(plot, place) {
  if (plot.choosers[place]) return plot.choosers[place];
  const views = (place === "phone" ? viewsOf : rowViewsOf)(plot.figure.layout);
  if (views.length < 2) return null;
  const label = document.createElement("label");
  const select = document.createElement("select");
  label.className = "view";
  label.append("Shown: ", select);
  views.forEach((view, index) => select.append(new Option(`${index + 1} of ${views.length}: ${view.name}`, String(index))));
  select.addEventListener("change", draw);
  plot.place.before(label);
  plot.choosers[place] = { views, select, label };
  return plot.choosers[place];
}

// Rows that are left of a figure fill its height, each as high as before.
function stretched(layout) {
  const panels = panelsOf(layout);
  const [bottom, top] = [Math.min(...panels.map(({ y }) => layout[y].domain[0])), Math.max(...panels.map(({ y }) => layout[y].domain[1]))];
  const placed = (y) => (y - bottom) / (top - bottom);
  const inner = (layout.height - layout.margin.t - layout.margin.b) * (top - bottom);
  for (const { y } of panels) layout[y] = { ...layout[y], domain: layout[y].domain.map(placed) };
  layout.annotations = layout.annotations.map((each) => (each.yref === "paper" ? { ...each, y: placed(each.y) } : each));
  layout.height = inner + layout.margin.t + layout.margin.b;
  layout.legend = { ...layout.legend, y: -layout.margin.b / inner };
}

// On a phone panels stand below one another, and the name of a row above what it names: nothing is scrolled sideways.
function narrowed(layout) {
  const panels = panelsOf(layout);
  const from = panels.map(({ x, y }) => ({ x: layout[x].domain, y: layout[y].domain }));
  const heights = panels.map(({ y }) => {
    const [low, high] = layout[y].range || [0, 0];
    return layout[y].ticktext ? PHONE.row * Math.abs(high - low) : PHONE.panel;
  });
  const inner = heights.reduce((sum, each) => sum + each, 0) + PHONE.gap * (panels.length - 1);
  let top = 1;
  const to = heights.map((height) => {
    const place = { x: [0, 1], y: [top - height / inner, top] };
    top = place.y[0] - PHONE.gap / inner;
    return place;
  });
  panels.forEach(({ x, y }, index) => {
    layout[x] = { ...layout[x], domain: to[index].x };
    layout[y] = { ...layout[y], domain: to[index].y };
  });
  titled(layout, inner);
  layout.annotations = layout.annotations.map((each) => (each.xref === "paper" ? moved(each, from, to) : each));
  let names = [];
  for (const { x, y } of panels) {
    if (!layout[y].ticktext) continue;
    names = layout[y].ticktext.some(Boolean) ? layout[y].ticktext : names; // beside a panel of the same rows it has none
    const [high, low] = layout[y].range;
    names.forEach((text, row) => {
      if (row < low || row > high) return;
      const place = { x: 0.01, xref: `${x.replace("axis", "")} domain`, y: row - 0.48, yref: y.replace("axis", "") };
      layout.annotations.push({ ...place, text, xanchor: "left", yanchor: "top", showarrow: false, font: { size: 11, color: layout.font.color } });
    });
    Object.assign(layout[y], { showticklabels: false, automargin: false, ticks: "" });
  }
  const left = panels.every(({ y }) => layout[y].ticktext) ? 8 : layout.margin.l;
  layout.margin = { ...layout.margin, l: left, r: 6 };
  layout.height = inner + layout.margin.t + layout.margin.b;
  layout.legend = { ...layout.legend, y: -layout.margin.b / inner, font: { ...layout.legend.font, size: 11 } };
}

// Below the panels, as many names stand beside each other as their longest leaves room for. Of many names the long ones
// stand in two lines, and so does one that is longer than the figure is wide.
function withLegend(layout, traces, width) {
  const names = traces.filter((trace) => trace.showlegend !== false);
  const broken = (name) => (names.length > LEGEND.many ? inTwoLines(name, LEGEND.letters) : name).split("<br>");
  const longest = Math.max(0, ...names.flatMap((trace) => broken(trace.name)).map((line) => line.length));
  const rows = Math.max(0, ...panelsOf(layout).flatMap(({ y }) => (layout[y].showticklabels === false ? [] : layout[y].ticktext || [])).map((name) => name.length));
  const left = Math.max(layout.margin.l, LEGEND.letter * rows); // names of rows widen the margin as they are drawn
  const inner = Math.max(1, width - left - layout.margin.r);
  const columns = Math.max(1, Math.min(6, Math.floor((0.9 * inner) / (LEGEND.symbol + LEGEND.letter * longest))));
  layout.legend = { ...layout.legend, entrywidth: 0.9 / columns, maxheight: 1 }; // none is scrolled
  let room = (0.9 * inner) / columns;
  if (columns === 1) { // from the edge of the figure
    room = left + inner;
    layout.legend = { ...layout.legend, x: -left / inner, xanchor: "left", entrywidth: 0.98 };
  }
  let more = LEGEND.row * Math.ceil(names.length / columns);
  for (const trace of names) {
    const name = inTwoLines(trace.name, Math.floor((room - LEGEND.symbol) / LEGEND.letter));
    if (name !== trace.name) more += LEGEND.line;
    trace.name = name;
  }
  layout.margin = { ...layout.margin, b: layout.margin.b + more };
  layout.height += more;
}

function draw() {
  const printing = root.classList.contains("printing");
  const edges = printing ? 0 : 46;
  const width = document.getElementById("answers").clientWidth - edges; // of a card without its edges, folded or not
  for (const plot of plots) {
    const layout = themedLayout(plot.figure.layout);
    let traces = plot.figure.data.map(themedTrace);
    const isNarrow = width < PHONE.width;
    const choice = printing ? null : chooser(plot, isNarrow ? "phone" : "desk"); // paper shows all
    for (const each of Object.values(plot.choosers)) each.label.hidden = each !== choice;
    if (choice) traces = viewed(layout, traces, choice.views[Number(choice.select.value)]);
    if (isNarrow) {
      narrowed(layout);
      traces = traces.map((trace) => lowered(trace, layout));
    } else {
      if (choice) stretched(layout);
      titled(layout, layout.height - layout.margin.t - layout.margin.b);
    }
    traces = named(traces, plot.figure.data);
    withLegend(layout, traces, width);
    if (printing) layout.width = width; // a browser that prints waits for no change of size
    Plotly.react(plot.place, traces, layout, { displaylogo: false, responsive: true });
  }
}

// On a phone a question is one screen: its tables are folded, and of its sentences the first ones stand open.
function shorten() {
  for (const details of document.querySelectorAll("main details[open]")) details.open = false;
  for (const list of document.querySelectorAll("ul.told")) {
    const further = [...list.children].slice(PHONE.reasons);
    if (!further.length) continue;
    let fold = list.nextElementSibling;
    if (!fold || !fold.matches("details.more")) {
      fold = document.createElement("details");
      fold.className = "more";
      fold.append(document.createElement("summary"), document.createElement("ul"));
      list.after(fold);
    }
    const [summary, rest] = fold.children;
    rest.prepend(...further);
    summary.textContent = `and ${rest.children.length} more`;
  }
}

function setTheme(theme) {
  root.dataset.theme = theme;
  document.getElementById("theme").textContent = theme === "dark" ? "Light" : "Dark";
  draw();
}

async function inflated(id) {
  const packed = Uint8Array.from(atob(document.getElementById(id).textContent.trim()), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

// What a reader has switched, opened and scrolled to, kept over a refresh: status --web loads the page anew as runs are done.
const KEPT = `llpt ${location.pathname}`;

function foldName(details) {
  const section = details.closest("section");
  return `${section ? section.getAttribute("aria-labelledby") : ""} ${details.firstElementChild.textContent.replace(/\d+/g, "")}`;
}

function keep(theme) {
  const at = [...document.querySelectorAll("main > section")].filter((each) => each.getBoundingClientRect().top <= 1).pop();
  const state = {
    theme,
    off: [...document.querySelectorAll(".tools input:not(:checked)")].map((box) => [box.name, box.value]),
    folds: [...document.querySelectorAll("main details")].map((each) => [foldName(each), each.open]),
    views: plots.flatMap((plot) => Object.entries(plot.choosers).map(([name, each]) => [`${name} ${plot.place.id}`, each.select.value])),
    at: at ? [at.getAttribute("aria-labelledby"), at.getBoundingClientRect().top] : null,
  };
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(state));
  } catch {
    // a browser that keeps nothing: the page then begins from its top
  }
}

function kept() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT));
  } catch {
    return null;
  }
}

function switchedAsBefore(before) {
  for (const box of document.querySelectorAll(".tools input")) {
    if (!before.off.some(([name, value]) => box.name === name && box.value === value)) continue;
    box.checked = false;
    hidden[box.name].add(box.value);
  }
  const folds = new Map(before.folds);
  for (const details of document.querySelectorAll("main details")) details.open = folds.get(foldName(details)) ?? details.open;
  const views = new Map(before.views);
  for (const { place, choosers } of plots) {
    for (const [name, each] of Object.entries(choosers)) {
      const value = views.get(`${name} ${place.id}`);
      if (Number(value) < each.views.length) each.select.value = value;
    }
  }
}

function scrolledAsBefore({ at }) {
  const heading = at && document.getElementById(at[0]);
  if (heading) window.scrollTo(0, heading.closest("section").getBoundingClientRect().top + window.scrollY - at[1]);
}

async function begin() {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  let chosen = ""; // the theme that the reader chose by the button
  let foldsOnScreen = null; // while it is printed, which folds were open before
  const before = kept();
  const followReader = () => setTheme(chosen || (dark.matches ? "dark" : "light"));
  const script = document.createElement("script");
  script.textContent = await inflated("plotly");
  document.head.append(script);
  const figures = JSON.parse(await inflated("figures"));
  if (document.getElementById("answers").clientWidth < PHONE.width) shorten();
  for (const place of document.querySelectorAll(".plot")) plots.push({ place, figure: figures[place.id], choosers: {} });
  if (before) chosen = before.theme;
  window.addEventListener("pagehide", () => keep(chosen));
  for (const box of document.querySelectorAll(".tools input")) {
    box.addEventListener("change", () => {
      hidden[box.name][box.checked ? "delete" : "add"](box.value);
      draw();
    });
  }
  document.getElementById("theme").addEventListener("click", () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    followReader();
  });
  let later = 0;
  window.addEventListener("resize", () => {
    clearTimeout(later);
    later = setTimeout(draw, 200);
  });
  dark.addEventListener("change", () => {
    if (!foldsOnScreen) followReader(); // a browser that prints asks for light paper
  });
  for (const details of document.querySelectorAll("details")) {
    details.addEventListener("toggle", () => {
      for (const place of details.querySelectorAll(".plot")) if (place.offsetParent) Plotly.Plots.resize(place);
    });
  }
  window.addEventListener("beforeprint", () => {
    const folds = [...document.querySelectorAll("details")];
    foldsOnScreen = foldsOnScreen || folds.map((each) => [each, each.open]);
    root.classList.add("printing"); // as wide as the paper, so that figures are drawn for it
    for (const details of folds) details.open = true;
    setTheme("light");
  });
  window.addEventListener("afterprint", () => {
    root.classList.remove("printing");
    for (const [details, open] of foldsOnScreen || []) details.open = open;
    foldsOnScreen = null;
    followReader();
    for (const plot of plots) if (plot.place.offsetParent) Plotly.Plots.resize(plot.place);
  });
  followReader();
  if (before) {
    switchedAsBefore(before); // after a drawing of all: without one plotly knows no range for what is hidden
    draw();
    scrolledAsBefore(before);
  }
  root.dataset.drawn = String(plots.length);
}

begin().catch((error) => {
  for (const place of document.querySelectorAll(".plot")) {
    place.textContent = `This browser cannot draw the figure (${error}); the files below hold it.`;
  }
  throw error;
});
