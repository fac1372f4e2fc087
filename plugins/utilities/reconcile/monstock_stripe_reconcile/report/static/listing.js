// A list that is searched, filtered, sorted and paged; all of it in memory, nothing over a network.
const collator = new Intl.Collator(document.documentElement.lang, { numeric: true });
const data = {};

function rowsOf(name) {
  if (!data[name]) data[name] = JSON.parse(document.getElementById(`data-${name}`).textContent);
  return data[name];
}

function compared(a, b) {
  if (a === b) return 0;
  // What is not there comes last, whichever way it is sorted.
  if (a === null || a === undefined) return 1;
  if (b === null || b === undefined) return -1;
  return typeof a === "number" && typeof b === "number" ? a - b : collator.compare(a, b);
}

class Listing {
  // place: the element of class listing. keys, rows: the data. show(rows): writes a page of them.
  // textOf(row): what is searched, in lower case.
  constructor(place, { keys, rows, textOf, show }) {
    Object.assign(this, { place, keys, textOf, show, all: rows, found: rows, page: 0 });
    this.size = settings.pageSize;
    this.indexes = Object.fromEntries(keys.map((key, index) => [key, index]));
    this.tools = place.querySelector(".tools");
    this.search = place.querySelector("input[type=search]");
    this.pages = place.querySelector(".pages");
    this.status = place.querySelector(".found");
    this.tests = {};
    this.order = null;
    this.buttons = [];
    this.tools.hidden = false;
    this.tools.addEventListener("submit", (event) => event.preventDefault());
    this.search.addEventListener("input", () => this.refresh());
    for (const select of place.querySelectorAll("select[data-filter]")) {
      select.addEventListener("change", () => this.refresh());
    }
    this.pages.addEventListener("click", (event) => {
      const turn = Number(event.target.dataset.turn || 0);
      if (turn) this.turn(this.page + turn);
    });
  }

  // Fill a filter with the values that occur.
  offer(column) {
    const select = this.place.querySelector(`[data-filter="${column.key}"]`);
    const index = this.indexes[column.key];
    const values = new Set();
    for (const row of this.all) {
      if (Array.isArray(row[index])) row[index].forEach((one) => values.add(one));
      else if (row[index] !== null) values.add(row[index]);
    }
    const named = [...values].map((key) => [key, wordText(column.words, key)]);
    named.sort((a, b) => collator.compare(a[1], b[1]));
    select.replaceChildren(...[["", labels.all], ...named].map(([value, text]) => new Option(text, value)));
    if (named.length < 2) select.parentElement.hidden = true;
  }

  passes() {
    const tests = [];
    for (const select of this.place.querySelectorAll("select[data-filter]")) {
      const wanted = select.value;
      if (!wanted) continue;
      const index = this.indexes[select.dataset.filter];
      tests.push(this.tests[select.dataset.filter]?.(wanted)
        ?? ((row) => Array.isArray(row[index]) ? row[index].includes(wanted) : row[index] === wanted));
    }
    const sought = this.search.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
    if (sought.length) {
      tests.push((row) => { const text = this.textOf(row); return sought.every((one) => text.includes(one)); });
    }
    return tests;
  }

  refresh() {
    const tests = this.passes();
    this.found = tests.length ? this.all.filter((row) => tests.every((test) => test(row))) : this.all.slice();
    if (this.order) this.found.sort(this.order);
    this.turn(0);
  }

  turn(page) {
    const last = Math.max(0, Math.ceil(this.found.length / this.size) - 1);
    this.page = Math.min(Math.max(0, page), last);
    const from = this.page * this.size;
    this.write(this.found.slice(from, from + this.size));
    this.pages.hidden = last === 0;
    this.pages.querySelector(".page").textContent =
      filled(labels.pages, { page: numberText(this.page + 1), pages: numberText(last + 1) });
    this.pages.querySelector('[data-turn="-1"]').disabled = this.page === 0;
    this.pages.querySelector('[data-turn="1"]').disabled = this.page === last;
  }

  write(rows) {
    this.show(rows);
    const shown = numberText(rows.length);
    const number = numberText(this.found.length);
    this.status.textContent = this.found.length
      ? filled(labels.rows, { shown, number }) : labels.nothing;
    this.status.classList.toggle("part", rows.length < this.found.length);
  }

  // On paper there are no pages to turn: as many rows as paper can bear. Headings that are buttons
  // are not repeated on each sheet (Chromium leaves buttons out of repeated headings).
  print(most) {
    this.write(this.found.slice(0, most));
    for (const [head, button] of this.buttons) head.textContent = button.textContent;
  }

  back() {
    this.turn(this.page);
    for (const [head, button] of this.buttons) head.replaceChildren(button);
  }
}

// A table of rows, sorted by its headings.
function tableListing(place) {
  const view = settings.views[place.dataset.view];
  const { keys, rows } = rowsOf(view.rows);
  const body = place.querySelector("tbody");
  const only = keys.indexOf(view.only);
  const own = only < 0 ? rows : rows.filter((row) => row[only] !== null);
  const texts = new Map();
  const listing = new Listing(place, {
    keys,
    rows: own,
    textOf(row) {
      if (!texts.has(row)) {
        const named = namedRow(keys, row);
        const parts = view.columns.map((column) => cellText(column, named));
        texts.set(row, `${parts.join(" ")} ${named.order_id ?? ""}`.toLowerCase());
      }
      return texts.get(row);
    },
    show(shown) {
      body.replaceChildren(...shown.map((row) => tableRow(view.columns, namedRow(keys, row))));
    },
  });
  view.filters.forEach((column) => listing.offer(column));
  for (const head of place.querySelectorAll("thead th")) sortable(listing, head, view);
  listing.refresh();
  return listing;
}

function sortable(listing, head, view) {
  const column = view.columns.find((one) => one.key === head.dataset.key);
  const index = listing.indexes[column.key];
  const button = element("button", { type: "button", text: head.textContent.trim() });
  head.replaceChildren(button);
  listing.buttons.push([head, button]);
  const valueOf = column.kind === "amount"
    ? (row) => (row[index] === null ? null : Number(row[index]))
    : column.words ? (row) => (row[index]?.length ? [].concat(row[index]).map((key) => wordText(column.words, key)).join() : null)
      : (row) => row[index];
  button.addEventListener("click", () => {
    const way = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", way > 0 ? "ascending" : "descending");
    listing.order = (a, b) => {
      const [left, right] = [valueOf(a), valueOf(b)];
      const empty = left === null || right === null;
      return compared(left, right) * (empty ? 1 : way);
    };
    listing.refresh();
  });
}
