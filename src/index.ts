// The Pulumi program of the document's catalog.
import { consoleCatalog } from "./catalog/index.js";
import { consoleVault } from "./program/index.js";

export default consoleVault(consoleCatalog);
