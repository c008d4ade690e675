import { consoleVault } from "console-vault";
import catalog from "./catalog.mjs";

export default consoleVault(catalog);
