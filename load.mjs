// Where this package's code runs from: `src/` in a checkout (through tsx: nothing to build, nothing to go stale),
// `dist/` when installed (`src/` is not published). Nothing else decides this.
import { existsSync } from "node:fs";

const here = import.meta.url;
const inCheckout = existsSync(new URL("./src/", here));
if (inCheckout) (await import("tsx/esm/api")).register();

/**
 * Loads a module of this package.
 * @param {string} name module below `src/`, without extension, e.g. "vault/provider"
 */
export const load = (name) => import(new URL(inCheckout ? `./src/${name}.ts` : `./dist/${name}.js`, here).href);
