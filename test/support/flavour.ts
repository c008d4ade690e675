import type { Flavour } from "../../src/local/index.js";

/** Which Infisical the worlds of the tests have: `CONSOLE_VAULT_FLAVOUR=current` runs them all on the newest API. */
export const usualFlavour: Flavour = process.env.CONSOLE_VAULT_FLAVOUR === "current" ? "current" : "2024-10";
