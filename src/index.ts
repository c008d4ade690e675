// The Pulumi program of the built-in catalog (docs/console-vault-env-aware.md).
import { consoleCatalog } from "./catalog/index.js";
import { consoleVault } from "./program/index.js";

export default consoleVault(consoleCatalog);
