// Keeps the address bar such that a reload, or a copied address, brings what is chosen now. Nothing is written before the
// settings of the address that the page was opened with have arrived, nor while nothing else was chosen.
// Its data has the link to what is chosen, and `ran`, the one to what the run was whose result stands on the stage. A run may be
// refused or break off, and then the result before it, `stood`, stays: until then the link of the new one is `pending`.
const place = document.getElementById("address");
const own = () => props.names.filter((name) => new URLSearchParams(location.search).has(name));
const sample = (query) => new URLSearchParams(query).get("sample");
let opened = false;
let last = ""; // the query that the page was opened with, then the one that is written
let written = false;
let waiting = 0;
const write = () => {
  written = true;
  const rest = new URLSearchParams(location.search); // such as __theme=dark
  for (const name of own()) rest.delete(name);
  history.replaceState(history.state, "", `${location.pathname}?${[last, rest].filter(String).join("&")}${location.hash}`);
};
watch("value", () => {
  const { query, when, stood } = props.value;
  const link = `${location.origin}${location.pathname}?${query}`;
  place.dataset.link = link;
  if (when === "opened" && !opened) place.dataset.ran = link;
  if (when === "run") Object.assign(place.dataset, { pending: link, stood });
  if (when === "smaller") delete place.dataset.pending; // it goes on with the choices of the run before it
  document.dispatchEvent(new Event("link"));
  // What was left out of a link leaves its address, too.
  if (opened ? query !== last : when === "opened" && own().length) {
    clearTimeout(waiting);
    // A slider goes through many values, and browsers count such calls. Another photo is not put off: a reload in between would
    // bring back the one before it.
    const another = sample(query) !== sample(last);
    last = query;
    if (another) write();
    else waiting = setTimeout(write, 300);
  }
  opened ||= when === "opened";
  if (opened) last = query;
});
// Back and Forward lead to another tab, and to the settings of that time only in the address.
addEventListener("popstate", () => written && write());
