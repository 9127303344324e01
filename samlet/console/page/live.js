// Keeps a stream of server-sent events open: reconnects when it breaks, and rests while the page is hidden.

import { streamAddress } from "./api.js";

const FIRST_DELAY_MS = 500;
const LAST_DELAY_MS = 5000;

export class Live {
  /** `handlers` maps an event's name to what takes its data; `opened` and `broken` tell of the connection. */
  constructor(path, parameters, handlers, { opened = () => {}, broken = () => {} } = {}) {
    this.address = streamAddress(path, parameters);
    this.handlers = handlers;
    this.opened = opened;
    this.broken = broken;
    this.delay = FIRST_DELAY_MS;
    this.onVisibility = () => (document.hidden ? this.disconnect() : this.connect());
  }

  start() {
    document.addEventListener("visibilitychange", this.onVisibility);
    if (!document.hidden) this.connect();
    return this;
  }

  stop() {
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.disconnect();
  }

  connect() {
    this.disconnect();
    const source = new EventSource(this.address);
    this.source = source;
    source.onopen = () => {
      this.delay = FIRST_DELAY_MS;
      this.opened();
    };
    source.onerror = () => this.retry();
    for (const [name, take] of Object.entries(this.handlers)) {
      source.addEventListener(name, (event) => take(JSON.parse(event.data)));
    }
  }

  disconnect() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  // An EventSource by itself gives up for good on an answer such as 503.
  retry() {
    this.disconnect();
    this.broken();
    this.timer = setTimeout(() => this.connect(), this.delay);
    this.delay = Math.min(this.delay * 2, LAST_DELAY_MS);
  }
}
