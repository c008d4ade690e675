// Values of the right shape for the credentials of docs/console-vault-env-aware.md, new at every call.
import { randomBytes, randomUUID } from "node:crypto";
import type { environmentScoped } from "./document.js";

type Name = keyof typeof environmentScoped;

const hex = (length: number) => randomBytes(length).toString("hex").slice(0, length);
const upper = (length: number) => hex(length).toUpperCase();

const shapes: Record<Name, (env: "staging" | "prod") => string> = {
  HEROKU_API_KEY: () => `HRKU-${randomUUID()}`,
  HEROKU_PLATFORM_API_TOKEN: () => `HRKU-${randomUUID()}`,
  ALPACA_PAPER_API_KEY_ID: () => `PK${upper(18)}`,
  ALPACA_PAPER_API_SECRET_KEY: () => hex(40),
  ALPACA_LIVE_API_KEY_ID: () => `AK${upper(18)}`,
  ALPACA_LIVE_API_SECRET_KEY: () => hex(40),
  STRIPE_RESTRICTED_KEY: (env) => `${env === "prod" ? "rk_live_" : "rk_test_"}${hex(24)}`,
  POSTMARK_SERVER_TOKEN: () => randomUUID(),
};

export const valueFor = (name: Name, env: "staging" | "prod"): string => shapes[name](env);

export const stagingNames = [
  "HEROKU_API_KEY",
  "HEROKU_PLATFORM_API_TOKEN",
  "ALPACA_PAPER_API_KEY_ID",
  "ALPACA_PAPER_API_SECRET_KEY",
  "STRIPE_RESTRICTED_KEY",
  "POSTMARK_SERVER_TOKEN",
] as const;

export const stagingValues = (): Record<string, string> =>
  Object.fromEntries(stagingNames.map((name) => [name, valueFor(name, "staging")]));
