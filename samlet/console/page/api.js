// Talks to the console's API: the token, requests with their errors, and the addresses of streams.

const token = new URLSearchParams(location.search).get("token") ?? "";

/** An answer that is no success; `status` is 0 when there was no answer at all. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export const hasToken = token !== "";

function address(path, parameters = {}, base = "api/") {
  const url = new URL(`${base}${path}`, new URL(".", location.href));
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
  }
  return url;
}

/** The address of a stream; an EventSource can send no header, so the token is in it. */
export function streamAddress(path, parameters) {
  return address(path, { ...parameters, token }).href;
}

/** The address of an API's contract; a link can send no header, either. */
export function contractAddress(api) {
  return address("openapi.json", { api, token }, "").href;
}

async function call(method, path, parameters, body) {
  const headers = { authorization: `Bearer ${token}` };
  if (body !== undefined) headers["content-type"] = "application/json";
  let response;
  try {
    response = await fetch(address(path, parameters), { method, headers, body });
  } catch {
    throw new ApiError(0, "samlet does not answer");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new ApiError(response.status, answer.message ?? `samlet answered ${response.status}`);
  }
  return answer;
}

const segment = encodeURIComponent;

export const api = {
  application: () => call("GET", "application"),
  requests: (parameters) => call("GET", "requests", parameters),
  request: (id) => call("GET", `requests/${segment(id)}`),
  replay: (id) => call("POST", `requests/${segment(id)}/replay`),
  saveEvent: (id) => call("POST", `requests/${segment(id)}/event`),
  metrics: (seconds) => call("GET", "metrics", { seconds }),
  logs: (parameters) => call("GET", "logs", parameters),
  items: (table, parameters) => call("GET", `tables/${segment(table)}/items`, parameters),
  putItem: (table, text, isNew) =>
    call("PUT", `tables/${segment(table)}/items`, isNew ? { new: true } : {}, text),
  deleteItem: (table, key) =>
    call("DELETE", `tables/${segment(table)}/items`, {}, JSON.stringify(key)),
  services: () => call("GET", "services"),
  policies: () => call("GET", "policies"),
};
