"use strict";
// Tables are sorted by a click on a heading: ascending, descending, as written.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], written = [...body.rows];
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const next = { none: "ascending", ascending: "descending", descending: "none" }[head.getAttribute("aria-sort")];
      heads.forEach((h) => h.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", next);
      const value = (row) => row.cells[column].dataset.value ?? row.cells[column].textContent;
      const number = (text) => (text === "" ? NaN : Number(text));
      const compare = (a, b) => {
        const x = number(value(a)), y = number(value(b));
        if (!Number.isNaN(x) && !Number.isNaN(y)) return x - y;
        if (Number.isNaN(x) !== Number.isNaN(y)) return Number.isNaN(x) ? 1 : -1;
        return value(a).localeCompare(value(b), "en", { numeric: true });
      };
      const rows = written.filter((row) => !row.classList.contains("total"));
      if (next !== "none") rows.sort(compare);
      if (next === "descending") rows.reverse();
      body.append(...rows, ...written.filter((row) => row.classList.contains("total")));
    });
  });
}
