// The findings: each from the same mark-up as the template's, by the elements of class …
function findingElement(keys, row, evidence) {
  const one = namedRow(keys, row);
  const made = document.getElementById("finding").content.firstElementChild.cloneNode(true);
  const about = one.order ?? one.payment ?? one.payout ?? "";
  const set = (name, text) => { made.querySelector(`.${name}`).textContent = text ?? ""; };
  const [meaning, next] = settings.reasons[one.reason];
  made.dataset.id = one.id;
  set("id", one.id);
  made.classList.toggle("tolerated", Boolean(one.tolerated));
  set("reason", wordText("reason", one.reason));
  set("about", about);
  set("amount", one.currency && Number(one.amount) ? amountText(one.amount, one.currency) : "");
  set("said", `${meaning} ${one.sentence}`.trim());
  set("payment", one.order && one.payment ? one.payment : "");
  set("since", one.since ? filled(labels.since, { day: settings.days[one.since] }) : "");
  set("leave", one.tolerated ? `${labels.leave} ${wordText("tolerated", one.tolerated)}` : "");
  set("next", next);
  made.querySelector(".commands").replaceChildren(...one.commands.map(([purpose, line]) => {
    const item = document.getElementById("command").content.firstElementChild.cloneNode(true);
    item.querySelector(".purpose").textContent = settings.purposes[purpose];
    item.querySelector("code").textContent = line;
    return item;
  }));
  // Made when it is opened: there can be many, and few are.
  const details = made.querySelector("details");
  details.addEventListener("toggle", () => {
    const behind = details.querySelector(".behind");
    if (details.open && !behind.childElementCount) {
      behind.append(...evidence[one.evidence].flatMap((table) => behindTable(table, about)));
    }
  });
  for (const button of made.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      copyText(button.parentElement.querySelector("code").textContent, button);
    });
  }
  return made;
}

function findingsListing(place) {
  const { keys, rows } = rowsOf("findings");
  const evidence = rowsOf("evidence");
  const list = place.querySelector(".findings");
  const at = Object.fromEntries(keys.map((key, index) => [key, index]));
  const texts = new Map();
  const listing = new Listing(place, {
    keys,
    rows,
    textOf(row) {
      if (!texts.has(row)) {
        const money = row[at.currency] ? amountText(row[at.amount], row[at.currency]) : "";
        const parts = ["order", "order_id", "payment", "payout", "sentence"].map((key) => row[at[key]]);
        const said = [wordText("reason", row[at.reason]), ...settings.reasons[row[at.reason]]];
        texts.set(row, [...parts, money, ...said].join(" ").toLowerCase());
      }
      return texts.get(row);
    },
    show(shown) {
      list.replaceChildren(...shown.map((row) => findingElement(keys, row, evidence)));
    },
  });
  listing.tests.counts = (wanted) => (row) => (row[at.tolerated] === null) === (wanted === "yes");
  listing.offer({ key: "reason", words: "reason" });
  listing.offer({ key: "currency", words: "" });
  const counts = place.querySelector('[data-filter="counts"]');
  counts.parentElement.hidden = rows.every((row) => row[at.tolerated] === null);
  const orders = {
    position: null,
    amount: (a, b) => Number(b[at.amount]) - Number(a[at.amount]),
    age: (a, b) => b[at.age_days] - a[at.age_days],
    order: (a, b) => compared(a[at.order], b[at.order]),
  };
  const sort = place.querySelector(".sort");
  sort.addEventListener("change", () => {
    listing.order = orders[sort.value];
    listing.refresh();
  });
  for (const link of document.querySelectorAll("a[data-reason]")) {
    link.addEventListener("click", () => {
      listing.search.value = "";
      place.querySelector('[data-filter="reason"]').value = link.dataset.reason;
      listing.refresh();
    });
  }
  listing.refresh();
  return listing;
}
