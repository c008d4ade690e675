// Made-up credentials in the shapes that the rules know. Numbered, so that a case comes out the same when it is run again.
import { consoleCatalog, heldBy } from "../../src/catalog/index.js";

export const environments = ["staging", "prod"] as const;
export type Env = (typeof environments)[number];
/** Where a credential may be: its flat path, or an environment's. */
export type Place = "flat" | Env;

/** The credentials that differ per environment. */
export const names: readonly string[] = heldBy(consoleCatalog, "prod").map(({ name }) => name);
export const liveNames: readonly string[] = ["ALPACA_LIVE_API_KEY_ID", "ALPACA_LIVE_API_SECRET_KEY"];
export const namesOf = (env: Env): string[] => heldBy(consoleCatalog, env).map(({ name }) => name);

export const vendorOf = (name: string): string => consoleCatalog.credentials.find((one) => one.name === name)!.vendor;
export const flatOf = (name: string): string => `/MooseQuest/${vendorOf(name)}/`;
export const pathOf = (name: string, env: Env): string => `${flatOf(name)}${env}/`;
export const pathAt = (name: string, place: Place): string => (place === "flat" ? flatOf(name) : pathOf(name, place));

export const appsOf = (env: Env): string[] =>
  Object.values(consoleCatalog.environments.find((one) => one.name === env)!.apps);
export const flagAppOf = (env: Env): string => `raxx-console-${env}`;
export const { variable } = consoleCatalog.flag;

/** A value that is right for the environment and is nobody else's. */
export function goodValue(name: string, env: Env, serial: number): string {
  const digits = String(serial).padStart(12, "0");
  switch (name) {
    case "ALPACA_PAPER_API_KEY_ID":
      return `PKFAKE${digits}`;
    case "ALPACA_LIVE_API_KEY_ID":
      return `AKFAKE${digits}`;
    case "STRIPE_RESTRICTED_KEY":
      return `rk_${env === "prod" ? "live" : "test"}_fake${digits}`;
    case "HEROKU_API_KEY":
    case "HEROKU_PLATFORM_API_TOKEN":
      return `HRKU-00000000-0000-4000-8000-${digits}`;
    default:
      return `fake-${name.toLowerCase()}-${digits}`;
  }
}
