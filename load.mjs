// Where this package's code runs from: in a checkout `src/`, compiled to `.build-<hash>/` whenever a source has changed (nothing
// to build by hand, nothing to go stale); `dist/` when installed (`src/` is not published). Nothing else decides this.
import { existsSync } from "node:fs";

const here = import.meta.url;
const inCheckout = existsSync(new URL("./src/", here));
const code = inCheckout ? await (await import("./scripts/compile.mjs")).compile() : "dist";

/**
 * Loads a module of this package.
 * @param {string} name module below `src/`, without extension, e.g. "vault/provider"
 */
export const load = (name) => import(new URL(`./${code}/${name}.js`, here).href);
