// Elements of the page. Texts are only ever set as text: no mark-up in the data is alive.
function element(name, { text, ...attributes } = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(key, value);
  }
  if (text !== undefined) made.textContent = text;
  made.append(...children);
  return made;
}

function tableRow(columns, row) {
  return element("tr", {}, ...columns.map((column, place) => {
    const marked = column.words === "release" && row[column.key] ? ` ${row[column.key]}` : "";
    const attributes = { class: column.kind + marked, text: cellText(column, row) };
    return place === 0 ? element("th", { scope: "row", ...attributes }) : element("td", attributes);
  }));
}

function namedRow(keys, row) {
  return Object.fromEntries(keys.map((key, place) => [key, row[place]]));
}

// A table behind a finding, as the template's behind_table makes it.
function behindTable([name, rows, leftOut], about) {
  const { caption, upright, columns, keys } = settings.evidence[name];
  const named = rows.map((row) => namedRow(keys, row));
  const title = element("caption", { text: caption });
  if (upright) {
    const lines = columns.map((column) => element("tr", {},
      element("th", { scope: "row", text: column.label }),
      element("td", { class: column.kind, text: cellText(column, named[0]) })));
    return [element("table", { class: "upright" }, title, element("tbody", {}, ...lines))];
  }
  const heads = columns.map((column) =>
    element("th", { scope: "col", class: column.kind, text: column.label }));
  const table = element("table", {}, title,
    element("thead", {}, element("tr", {}, ...heads)),
    element("tbody", {}, ...named.map((row) => tableRow(columns, row))));
  const region = element("div", {
    class: "scroll", role: "region", tabindex: "0", "aria-label": `${caption}, ${about}`,
  }, table);
  const more = element("p", { text: filled(labels.moreRows, { number: numberText(leftOut) }) });
  return leftOut ? [region, more] : [region];
}

async function copyText(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without a clipboard of the new kind (older browsers, or it is forbidden): the old way.
    const range = document.createRange();
    range.selectNodeContents(button.parentElement.querySelector("code"));
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
    document.execCommand("copy");
  }
  button.textContent = labels.copied;
  setTimeout(() => { button.textContent = labels.copy; }, 2000);
}
