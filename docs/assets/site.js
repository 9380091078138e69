// What Material for MkDocs leaves to do for the keyboard and for screen readers (tests/test_site.py).
"use strict";

function tend() {
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
