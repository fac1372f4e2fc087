const MOST_PRINTED = { findings: 1000, shipping: 1000, payouts: 200, transactions: 1000, days: 100, orders: 100 };
const listings = {};
const findings = document.getElementById("findings-list");
if (findings) listings.findings = findingsListing(findings);
for (const place of document.querySelectorAll(".listing[data-view]")) {
  listings[place.dataset.view] = tableListing(place);
}
addEventListener("beforeprint", () => {
  for (const [name, listing] of Object.entries(listings)) listing.print(MOST_PRINTED[name]);
});
addEventListener("afterprint", () => {
  for (const listing of Object.values(listings)) listing.back();
});
