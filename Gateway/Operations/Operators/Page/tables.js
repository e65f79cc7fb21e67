// Tables as the server gives them: searched, sorted and cut there. Nothing here makes HTML of a text.

export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) {
      made.addEventListener(key.slice(2), value);
    } else if (value !== undefined && value !== null && value !== false) {
      made.setAttribute(key, value === true ? "" : value);
    }
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const number = new Intl.NumberFormat("en");

export function shown(value, kind) {
  if (value === null || value === undefined || value === "") {
    return "";
  }
  if (kind === "time") {
    const time = new Date(value);
    const isToday = time.toDateString() === new Date().toDateString();
    return isToday ? time.toLocaleTimeString("en-GB") : time.toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
  }
  return kind === "number" ? number.format(value) : String(value);
}

/** Fills a table. `linkOf(row, column)` gives the address of a cell, or nothing. */
export function fill(table, page, { sort, onSort, linkOf } = {}) {
  page = withoutEmptyColumns(page, sort);
  fillHead(table.tHead, page, sort, onSort);
  const body = table.tBodies[0];
  const focused = body.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const rows = page.rows.map((row) =>
    element("tr", {}, ...page.columns.map((column) => cell(row, column, linkOf?.(row, column)))));
  if (rows.length === 0) {
    rows.push(element("tr", {}, element("td", { colspan: page.columns.length, class: "none" }, "Nothing to show")));
  }
  body.replaceChildren(...rows);
  if (focused) {
    [...body.querySelectorAll("a")].find((link) => link.getAttribute("href") === focused)?.focus();
  }
}

// What nothing is said of in any row (V1's columns without V1) takes no room.
function withoutEmptyColumns(page, sort = "") {
  const isSaid = (column) => page.rows.some((row) => row[column.name] !== null && row[column.name] !== "");
  const columns = page.columns.filter((column, i) => i === 0 || page.rows.length === 0 || column.name === sort.replace("-", "") || isSaid(column));
  return { ...page, columns };
}

function fillHead(head, page, sort, onSort) {
  const key = JSON.stringify([page.table, page.columns.map((column) => column.name), sort]);
  if (head.dataset.key === key) {
    return;
  }
  const focused = head.contains(document.activeElement) ? document.activeElement.dataset.column : null;
  head.dataset.key = key;
  head.replaceChildren(element("tr", {}, ...page.columns.map((column) => {
    const order = sort === column.name ? "ascending" : sort === `-${column.name}` ? "descending" : null;
    const title = onSort
      ? element("button", { "data-column": column.name, onclick: () => onSort(nextSort(column, sort)) }, column.title)
      : column.title;
    return element("th", { scope: "col", class: column.kind, "aria-sort": order }, title);
  })));
  if (focused) {
    [...head.querySelectorAll("button")].find((button) => button.dataset.column === focused)?.focus();
  }
}

// Numbers and times begin with the largest.
function nextSort(column, sort) {
  const first = column.kind === "text" ? column.name : `-${column.name}`;
  const second = column.kind === "text" ? `-${column.name}` : column.name;
  return sort === first ? second : first;
}

function cell(row, column, link) {
  const value = row[column.name];
  const text = shown(value, column.kind);
  return element("td", { class: column.kind, title: column.kind === "time" && value ? value : null },
    link && text ? element("a", link, text) : text);
}
