// What scrolls sideways must be reachable with the keyboard, and two sidebars on one
// page need names that tell them apart. The theme does neither.
function makeReachable() {
  for (const region of document.querySelectorAll("pre, .table-wrapper")) {
    if (region.scrollWidth > region.clientWidth) region.tabIndex = 0;
    else region.removeAttribute("tabindex");
  }
}

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Site");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "This page");
  makeReachable();
});
addEventListener("resize", makeReachable);
