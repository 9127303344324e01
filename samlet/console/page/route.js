// Reads and makes the fragments of the page's address, by which views are reached.

/** `#/requests/ID?search=x` as `{view: "requests", id: "ID", query: {search: "x"}}`. */
export function currentRoute() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [view = "", id = ""] = path.split("/").map(decoded);
  return { view: view || "overview", id, query: Object.fromEntries(new URLSearchParams(query)) };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

export function fragment(view, id = "", query = {}) {
  const path = [view, id].filter(Boolean).map(encodeURIComponent).join("/");
  const given = Object.entries(query).filter(([, value]) => value);
  const text = new URLSearchParams(given).toString();
  return `#/${path}${text && `?${text}`}`;
}

/** Keeps a view's choices in the address, so that they survive a reload, without a step of its history. */
export function rememberQuery(query) {
  const { view, id } = currentRoute();
  history.replaceState(null, "", fragment(view, id, query));
}
