// The catalog of this repository's own stacks: docs/console-vault-env-aware.md, word for word. It is the example that comes with the
// package, so its data is there (src/catalog/console.ts); a team's catalog has its own here.
import { consoleCatalog, defineCatalog } from "console-vault/catalog";

export default defineCatalog(consoleCatalog);
