// Says at the foot of the window which section is being computed, for how long, and how far it is.
(() => {
  const WAITING = ".voila-skeleton-container"; // what Voilà puts where an output is still to come
  let begun = false;
  let shown = null;
  let since = 0;

  function sectionOf(cell) {
    const headings = [...document.querySelectorAll("#rendered_cells :is(h1, h2, h3)")];
    const above = headings.filter(
      (heading) => heading.compareDocumentPosition(cell) & Node.DOCUMENT_POSITION_FOLLOWING,
    );
    const nearest = above[above.length - 1] ?? headings[0];
    return nearest.textContent.replace("¶", "").trim();
  }

  function update() {
    alignAll();
    const bar = document.getElementById("infonb-status");
    const line = document.querySelector(".infonb-status-line [data-failed]");
    const left = document.querySelectorAll(WAITING).length;
    begun = begun || left > 0;
    bar.hidden = !begun || (left === 0 && !line?.dataset.failed);
    if (begun && left === 0) {
      clearInterval(timer);
      setTimeout(alignAll, 1000); // what is drawn last
    }
    if (line?.dataset.failed) {
      bar.className = "failed";
      document.getElementById("infonb-section").textContent = line.dataset.failed;
      document.getElementById("infonb-progress").textContent = "";
      return;
    }
    if (bar.hidden) {
      return;
    }
    const section = sectionOf(document.querySelector(WAITING));
    if (section !== shown) {
      shown = section;
      since = Date.now();
      document.getElementById("infonb-section").textContent = `Computing: ${section}`;
    }
    const seconds = Math.round((Date.now() - since) / 1000);
    const progress = line?.textContent ?? "";
    document.getElementById("infonb-progress").textContent =
      ` · ${seconds} s` + (progress ? ` · ${progress}` : "");
  }

  const NUMBER = /^([-+−]?[\d.,]+([eE][-+]?\d+)?%?|nan|NaN|-?inf|)$/;

  // as on the page of a report: a column of words in a data frame is flush left
  function align(table) {
    table.classList.add("aligned");
    if (table.querySelector("[colspan], [rowspan]")) {
      return;
    }
    const rows = [...table.rows].map((row) => [...row.cells]);
    const columns = Math.min(...rows.map((row) => row.length));
    for (let at = 0; at < columns; at++) {
      const column = rows.map((row) => row[at]);
      const body = column.filter((cell) => cell.tagName === "TD");
      if (body.some((cell) => !NUMBER.test(cell.textContent.trim()))) {
        column.forEach((cell) => cell.classList.add("words"));
      }
    }
  }

  function alignAll() {
    document.querySelectorAll("table.dataframe:not(.aligned)").forEach(align);
  }

  const timer = setInterval(update, 300);
})();
