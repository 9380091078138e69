// Draws the figures of the page, follows its theme, and shows and hides engines and sizes in all of them at once.
"use strict";

const root = document.documentElement;
const plots = [];
const hidden = { engine: new Set(), atoms: new Set() };

function colour(name) {
  return getComputedStyle(root).getPropertyValue(name).trim();
}

// On dark paper a dark colour is mixed with white until it can be seen.
function readable(hex) {
  const digits = /^#([0-9a-f]{6})$/i.exec(hex || "");
  if (!digits || root.dataset.theme !== "dark") return hex;
  const parts = [0, 2, 4].map((start) => parseInt(digits[1].slice(start, start + 2), 16));
  const luminance = (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]) / 255;
  const white = Math.max(0, 0.55 - luminance);
  return `rgb(${parts.map((part) => Math.round(part + (255 - part) * white)).join(",")})`;
}

function themedTrace(trace) {
  const themed = { ...trace };
  if (trace.line) themed.line = { ...trace.line, color: readable(trace.line.color) };
  if (trace.marker) themed.marker = { ...trace.marker, color: readable(trace.marker.color) };
  if (trace.error_y) themed.error_y = { ...trace.error_y, color: readable(trace.error_y.color) };
  const from = trace.meta || {};
  const off = hidden.engine.has(from.engine) || hidden.atoms.has(String(from.atoms));
  themed.visible = off ? false : true;
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
  themed.annotations = (layout.annotations || []).map((each) => ({ ...each, font: { ...each.font, color: ink } }));
  return themed;
}

// On a phone each name of a legend has a row to itself: two side by side would lie on one another.
function narrowed(layout, traces) {
  const names = traces.filter((trace) => trace.showlegend !== false && (trace.legend || "legend") === "legend").length;
  const columns = Math.round(0.9 / layout.legend.entrywidth);
  const more = 21 * (names - Math.ceil(names / columns));
  layout.legend = { ...layout.legend, entrywidth: 0.9 };
  layout.margin = { ...layout.margin, b: layout.margin.b + more };
  layout.height += more;
}

function draw() {
  const phone = window.innerWidth < 700;
  for (const plot of plots) {
    const layout = themedLayout(plot.figure.layout);
    if (phone) layout.margin = { ...layout.margin, l: 62, r: 6 };
    if (plot.place.clientWidth < 560) narrowed(layout, plot.figure.data);
    Plotly.react(plot.place, plot.figure.data.map(themedTrace), layout, { displaylogo: false, responsive: true });
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

async function begin() {
  const script = document.createElement("script");
  script.textContent = await inflated("plotly");
  document.head.append(script);
  const figures = JSON.parse(await inflated("figures"));
  for (const place of document.querySelectorAll(".plot")) plots.push({ place, figure: figures[place.id] });
  for (const box of document.querySelectorAll(".tools input")) {
    box.addEventListener("change", () => {
      hidden[box.name][box.checked ? "delete" : "add"](box.value);
      draw();
    });
  }
  document.getElementById("theme").addEventListener("click", () => {
    setTheme(root.dataset.theme === "dark" ? "light" : "dark");
  });
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  dark.addEventListener("change", (event) => setTheme(event.matches ? "dark" : "light"));
  for (const details of document.querySelectorAll("details")) {
    details.addEventListener("toggle", () => {
      for (const place of details.querySelectorAll(".plot")) if (place.offsetParent) Plotly.Plots.resize(place);
    });
  }
  window.addEventListener("beforeprint", () => {
    root.classList.add("printing"); // as wide as the paper, so that figures are drawn for it
    setTheme("light");
    for (const details of document.querySelectorAll("details")) details.open = true;
    for (const plot of plots) Plotly.Plots.resize(plot.place);
  });
  window.addEventListener("afterprint", () => {
    root.classList.remove("printing");
    for (const plot of plots) if (plot.place.offsetParent) Plotly.Plots.resize(plot.place);
  });
  setTheme(dark.matches ? "dark" : "light");
  root.dataset.drawn = String(plots.length);
}

begin().catch((error) => {
  for (const place of document.querySelectorAll(".plot")) {
    place.textContent = `This browser cannot draw the figure (${error}); the files below hold it.`;
  }
  throw error;
});
