// Holds what all views share: the application, its present, the requests that are known, and the connection.

import { api, hasToken } from "./api.js";
import { Live } from "./live.js";

const MOST_AT_ONCE = 1000;
// A message of the stream that is as long as this may have left out requests.
const FULL_MESSAGE = 200;
const CATCH_UP_MS = 2000;

class Store {
  /** One of connecting, live, interrupted (samlet answers), gone (it doesn't) and refused (the token). */
  connection = hasToken ? "connecting" : "refused";
  application = null;
  now = { functions: {}, apis: {} };
  /** The newest first. */
  requests = [];
  total = 0;
  /** The list of requests as it was last seen, to go back to. */
  listFragment = "#/requests";
  /** False until requests were read for the first time. */
  loaded = false;

  #byNumber = new Map();
  #ids = new Set();
  #listeners = new Set();
  #frame = 0;
  #catchUp = 0;

  start() {
    if (!hasToken) return;
    this.live = new Live(
      "stream",
      {},
      {
        requests: (message) => this.#take(message),
        now: (now) => this.#set({ now }),
        application: () => this.#read(),
      },
      { opened: () => this.#read(), broken: () => this.#diagnose() },
    ).start();
  }

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get kept() {
    return this.application?.kept.requests ?? MOST_AT_ONCE;
  }

  /** Whether samlet keeps requests that are older than all known here. */
  get hasOlder() {
    const oldest = this.requests.at(-1)?.number ?? 1;
    return oldest > Math.max(1, this.total - this.kept + 1);
  }

  knows(id) {
    return this.#ids.has(id);
  }

  async loadOlder() {
    const before = this.requests.at(-1)?.number;
    const older = await api.requests({ before, limit: MOST_AT_ONCE });
    this.#merge(older.requests);
    this.#changed();
    return older.requests.length;
  }

  function(id) {
    return this.application?.functions.find((each) => each.id === id);
  }

  async #read() {
    try {
      await this.#readApplication();
      await this.#readRequests();
      this.#set({ connection: "live" });
    } catch (error) {
      this.#failed(error);
    }
  }

  async #readApplication() {
    const application = await api.application();
    if (this.application && this.application.started !== application.started) this.#forget();
    this.#set({ application });
  }

  async #readRequests() {
    const { total, requests } = await api.requests({ limit: MOST_AT_ONCE });
    this.loaded = true;
    this.#take({ total, requests, whole: true });
  }

  #forget() {
    this.#byNumber.clear();
    this.requests = [];
    this.total = 0;
  }

  #take({ total, requests, whole = false }) {
    this.total = Math.max(total, this.total);
    this.#merge(requests);
    this.#changed();
    if (!whole && requests.length >= FULL_MESSAGE) this.#catchUpSoon();
  }

  #merge(requests) {
    for (const request of requests) {
      const known = this.#byNumber.get(request.number);
      // A list that was read before a request ended may arrive after the news of its end.
      const older = known && known.status !== null && request.status === null;
      if (!older) this.#byNumber.set(request.number, request);
    }
    const forgotten = this.total - this.kept;
    for (const number of this.#byNumber.keys()) {
      if (number <= forgotten) this.#byNumber.delete(number);
    }
    this.requests = [...this.#byNumber.values()].sort((a, b) => b.number - a.number);
    // Logs name invocations, lists name requests.
    this.#ids = new Set(this.requests.flatMap((each) => [each.id, each.invocation_id]));
  }

  #catchUpSoon() {
    if (this.#catchUp) return;
    this.#catchUp = setTimeout(() => {
      this.#catchUp = 0;
      if (!document.hidden) this.#readRequests().catch((error) => this.#failed(error));
    }, CATCH_UP_MS);
  }

  // A broken stream doesn't tell why it broke; an ordinary request does.
  async #diagnose() {
    try {
      await this.#readApplication();
      this.#set({ connection: "interrupted" });
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error) {
    if (error.status === 401) this.live.stop();
    this.#set({ connection: error.status === 401 ? "refused" : error.status ? "interrupted" : "gone" });
  }

  #set(members) {
    Object.assign(this, members);
    this.#changed();
  }

  // Once a frame at most; and none are drawn, so nothing is done, while the page is hidden.
  #changed() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      for (const listener of this.#listeners) listener();
    });
  }
}

export const store = new Store();
