import type { Flavour } from "../../src/local/index.js";

/** Which Infisical the worlds of the tests have: `CONSOLE_VAULT_FLAVOUR=current` runs them all on the newest API. */
export const usualFlavour: Flavour = process.env.CONSOLE_VAULT_FLAVOUR === "current" ? "current" : "2024-10";

const newer: readonly (readonly [older: string, newer: string])[] = [
  ["/api/v3/secrets/batch/raw", "/api/v4/secrets/batch"],
  ["/api/v3/secrets/raw", "/api/v4/secrets"],
  ["/api/v1/folders", "/api/v2/folders"],
];

/** A route that a test names as the server of October 2024 has it, as the usual Infisical of the worlds has it. */
export const usual = (route: string): string => {
  const [from, to] = (usualFlavour === "current" && newer.find(([older]) => route.startsWith(older))) || ["", ""];
  return `${to}${route.slice(from.length)}`;
};
