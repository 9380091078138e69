// What Material for MkDocs leaves to do for the keyboard and for screen readers (tests/test_site.py).
"use strict";

// A phone shows each row of a table of words as a paragraph (site.css); it stays a table for screen readers.
const STACKED = { columns: 4, letters: 24 };

function stack(table) {
  table.dataset.seen = "yes";
  const heads = [...table.querySelectorAll("thead th")].map((each) => each.textContent.trim());
  const cells = [...table.querySelectorAll("tbody td")];
  if (heads.length > STACKED.columns || !cells.some((each) => each.textContent.length > STACKED.letters)) return;
  table.dataset.stacked = "yes";
  for (const [selector, role] of [["thead, tbody", "rowgroup"], ["tr", "row"], ["th", "columnheader"], ["td", "cell"]]) {
    for (const each of table.querySelectorAll(selector)) each.setAttribute("role", role);
  }
  table.setAttribute("role", "table");
  for (const cell of cells) if (cell.cellIndex > 0 && heads[cell.cellIndex]) cell.dataset.label = heads[cell.cellIndex];
}

function tend() {
  document.querySelectorAll(".md-typeset__table > table:not([class]):not([data-seen])").forEach(stack);
  for (const table of document.querySelectorAll(".md-typeset__scrollwrap")) table.tabIndex = 0; // it may be wider than a phone
  document.querySelectorAll("nav.md-nav, nav.md-code__nav").forEach((each, index) => {
    if (each.dataset.named) return;
    const heading = document.getElementById(each.getAttribute("aria-labelledby"));
    const name = each.getAttribute("aria-label") || (heading && heading.textContent.trim()) || "Code";
    each.removeAttribute("aria-labelledby");
    each.setAttribute("aria-label", `${name}, ${index + 1}`); // no two landmarks of one name
    each.dataset.named = "yes";
  });
}

tend();
new MutationObserver(tend).observe(document.body, { childList: true, subtree: true }); // Material adds boxes later
