// A table that is sorted by its headers and searched; of many rows only those in view are drawn.

import { count, h, put } from "./base.js";

const ROW = 36; // pixels, as `.windowed` says in base.css
const SPARE = 12; // rows drawn above and below those in view
const WINDOWED_FROM = 150; // rows

const collator = new Intl.Collator("en", { numeric: true }); // made once: a thousand rows are sorted often
const byValue = (a, b) => (typeof a === "string" && typeof b === "string"
  ? collator.compare(a, b) : (a ?? -Infinity) - (b ?? -Infinity));

/**
 * `columns`: {name, value(row), show(row)?, number?, wide?, header?, width?}. `value` is sorted by
 * and shown unless `show` gives text or an element; `wide` columns go on narrow screens; `header`
 * marks what names its row; one without a name holds buttons; `width` (CSS) holds in long tables.
 * `keeps`: a row that is the same object as before is not drawn anew, unless `forget` was told.
 */
export class Table {
  constructor(place, { caption, columns, key, sort, descending = false, search, empty = "Nothing yet.", keeps = false }) {
    Object.assign(this, { place, columns, key, empty, keeps });
    this.drawn = new WeakMap();
    this.sort = sort ?? null; // the name of a column, or null for the order given
    this.descending = descending;
    this.rows = [];
    this.shown = [];
    this.words = "";
    this.body = h("tbody");
    this.heads = columns.map((column) => (column.name ? h("th", { scope: "col", class: classes(column) },
      h("button", { type: "button", onclick: () => this.sortBy(column) }, column.name)) : h("td", {})));
    this.table = h("table", {}, h("caption", { class: "unseen" }, caption),
      h("thead", {}, h("tr", {}, this.heads)), this.body);
    this.scroller = h("div", { class: "scroller", role: "region", tabindex: "0", "aria-label": caption },
      this.table);
    this.scroller.addEventListener("scroll", () => requestAnimationFrame(() => this.draw()), { passive: true });
    place.replaceChildren(this.scroller);
    if (search) this.addSearch(search);
    this.mark();
  }

  addSearch(label) {
    this.total = h("span", { class: "muted small", role: "status" });
    this.field = h("input", {
      type: "search", placeholder: label, "aria-label": label, autocomplete: "off", spellcheck: "false",
      oninput: (event) => {
        this.words = event.target.value.trim().toLowerCase();
        this.scroller.scrollTop = 0;
        this.arrange();
      },
    });
    this.place.prepend(h("div", { class: "head" }, this.field, this.total));
  }

  set(rows) {
    this.rows = rows;
    this.arrange();
  }

  sortBy(column) {
    this.descending = this.sort === column.name ? !this.descending : Boolean(column.number);
    this.sort = column.name;
    this.mark();
    this.arrange();
  }

  mark() {
    this.columns.forEach((column, at) => {
      if (column.name === this.sort) {
        this.heads[at].setAttribute("aria-sort", this.descending ? "descending" : "ascending");
      } else this.heads[at].removeAttribute("aria-sort");
    });
  }

  arrange() {
    const column = this.columns.find((each) => each.name === this.sort);
    const words = this.words;
    this.shown = words
      ? this.rows.filter((row) => this.key(row).toLowerCase().includes(words)) : [...this.rows];
    if (column) {
      const sign = this.descending ? -1 : 1;
      this.shown.sort((a, b) => sign * byValue(column.value(a), column.value(b)));
    }
    if (this.total) {
      put(this.total, words ? `${count(this.shown.length)} of ${count(this.rows.length)}` : count(this.rows.length));
    }
    this.lay();
    this.draw(true);
  }

  lay() {
    const isWindowed = this.rows.length >= WINDOWED_FROM;
    if (isWindowed === this.isWindowed) return;
    this.isWindowed = isWindowed;
    this.table.classList.toggle("windowed", isWindowed);
    this.columns.forEach((column, at) => {
      this.heads[at].style.width = isWindowed ? column.width ?? "" : "";
    });
  }

  draw(anew = false) {
    const total = this.shown.length;
    let [first, last] = [0, total];
    if (this.isWindowed) {
      const view = this.scroller.clientHeight || 480;
      first = Math.max(0, Math.floor(this.scroller.scrollTop / ROW) - SPARE);
      first = Math.min(first, Math.max(0, total - 1));
      last = Math.min(total, first + Math.ceil(view / ROW) + 2 * SPARE);
    }
    if (!anew && first === this.first && last === this.last) return;
    [this.first, this.last] = [first, last];
    const focused = this.body.contains(document.activeElement)
      ? document.activeElement.dataset.focus : undefined;
    this.table.setAttribute("aria-rowcount", String(total + 1));
    const rows = this.shown.slice(first, last).map((row, at) => this.row(row, first + at));
    if (!total) {
      const text = this.words ? "Nothing matches." : this.empty;
      rows.push(h("tr", {}, h("td", { colspan: this.columns.length, class: "empty" }, text)));
    }
    this.fill([this.spacer(first), ...rows, this.spacer(total - last)]);
    if (focused) this.body.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
  }

  /** What is there already stays where it is. */
  fill(rows) {
    rows.forEach((row, at) => {
      const there = this.body.children[at];
      if (there === row) return;
      if (there) there.replaceWith(row);
      else this.body.append(row);
    });
    while (this.body.children.length > rows.length) this.body.lastChild.remove();
  }

  /** Draw this row anew the next time, for what is shown of it depends on more than itself. */
  forget(row) {
    this.drawn.delete(row);
  }

  /** Room for rows that are not drawn. */
  spacer(rows) {
    const cell = h("td", { colspan: this.columns.length });
    cell.style.height = `${rows * ROW}px`;
    return h("tr", { class: "spacer", "aria-hidden": "true", hidden: rows === 0 }, cell);
  }

  row(row, at) {
    const element = (this.keeps && this.drawn.get(row)) || h("tr", {}, this.columns.map((column) => {
      const shown = column.show ? column.show(row) : column.value(row);
      const name = column.header ? "th" : "td";
      return h(name, { class: classes(column), scope: column.header ? "row" : null }, shown ?? "–");
    }));
    if (this.keeps) this.drawn.set(row, element);
    const index = String(at + 2);
    if (element.getAttribute("aria-rowindex") !== index) element.setAttribute("aria-rowindex", index);
    return element;
  }
}

function classes(column) {
  const found = [column.number && "number", column.wide && "wide"].filter(Boolean).join(" ");
  return found || null;
}
