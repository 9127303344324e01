// Binds htm's tagged templates to preact, so that every module writes its markup the same way.

import { Component, h, render } from "./vendor/preact.module.js";
import htm from "./vendor/htm.module.js";

export const html = htm.bind(h);
export { Component, render };
