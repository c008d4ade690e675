import { consoleCatalog, type Flag } from "../catalog/index.js";

/** `console_vault_env_aware`, default off. The flag is catalog data, so that there is one authority for its name and var. */
export const vaultEnvAware: Flag = consoleCatalog.flag;

/** Every flag that has a migration row, in the order of their revisions. */
export const flags: readonly Flag[] = [vaultEnvAware];
