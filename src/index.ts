// The Pulumi program of a project: the catalog that the commands use, too, and what it declares.
import { runtime } from "@pulumi/pulumi";
import { consoleVault } from "./program/index.js";
import { findCatalog, loadCatalog } from "./project/index.js";

export default async () => {
  const catalog = await loadCatalog(await findCatalog(runtime.getRootDirectory()));
  return consoleVault(catalog)();
};
