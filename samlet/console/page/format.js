// Writes times, durations, sizes, numbers and log lines as people read them.

const MINUTE_MS = 60_000;

export function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms === 0) return "0 ms";
  if (ms < 1) return `${ms.toFixed(2)} ms`;
  if (ms < 100) return `${trim(ms.toFixed(1))} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < MINUTE_MS) return `${trim((ms / 1000).toFixed(2))} s`;
  return `${Math.floor(ms / MINUTE_MS)} min ${Math.round((ms % MINUTE_MS) / 1000)} s`;
}

function trim(number) {
  return number.replace(/\.?0+$/, "");
}

const two = (number) => String(number).padStart(2, "0");

export function clock(ms, { millis = true } = {}) {
  const date = new Date(ms);
  const time = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return millis ? `${time}.${String(date.getMilliseconds()).padStart(3, "0")}` : time;
}

/** The time, with the day before it unless that is today. */
export function moment(ms) {
  const date = new Date(ms);
  if (date.toDateString() === new Date().toDateString()) return clock(ms, { millis: false });
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${clock(ms, { millis: false })}`;
}

export function bytes(size) {
  if (size < 1024) return `${size} B`;
  if (size < 1024 * 1024) return `${trim((size / 1024).toFixed(1))} KB`;
  return `${trim((size / 1024 / 1024).toFixed(1))} MB`;
}

export function rate(perSecond) {
  if (!perSecond) return "0/s";
  return `${perSecond < 10 ? trim(perSecond.toFixed(1)) : Math.round(perSecond)}/s`;
}

export function count(number) {
  return number.toLocaleString("en");
}

/** `1 error`, `2 errors`. */
export function counted(number, noun) {
  return `${count(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** JSON laid out, or the text as it is when it isn't JSON. */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** Lambda's own lines are quieter than the function's, and errors louder. */
export function logKind(message) {
  if (/^(START|END|REPORT|INIT_START)\b/.test(message)) return "platform";
  return /\b(ERROR|FATAL|panicked|Traceback|Exception)\b/i.test(message) ? "bad" : "";
}
