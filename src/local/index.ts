/**
 * Infisical and the Heroku Platform API, served on loopback: for the demo, for tests, and to develop against. Real HTTP
 * servers that answer as the real ones were measured or are documented to, with one clock, one record of requests and
 * faults to order.
 */
import { z } from "zod";
import { ConfigurationError } from "../errors.js";
import { Control } from "./control.js";
import type { Fault } from "./faults.js";
import { type LocalHeroku, startHeroku } from "./heroku/index.js";
import { type Flavour, type LocalInfisical, type RateLimits, startInfisical } from "./infisical/index.js";
import { defaultSeed, type LocalSeed, localSeedSchema } from "./seed.js";

export { Control, type RequestRecord } from "./control.js";
export { type Fault, type FaultAction, type FaultName, parseFaults, randomNumbers } from "./faults.js";
export * from "./heroku/index.js";
export * from "./infisical/index.js";
export { defaultSeed, type LocalSeed } from "./seed.js";

export interface LocalOptions {
  /** Default 0: one that is free. */
  infisicalPort?: number;
  /** Default 0: one that is free. */
  herokuPort?: number;
  /** Default {@link defaultSeed}: the company of docs/console-vault-env-aware.md before its migration. */
  seed?: LocalSeed;
  /** Which Infisical to be; default the measured server of October 2024. */
  flavour?: Flavour;
  /** Infisical's; default none. */
  rateLimits?: boolean | RateLimits;
  /** Requests that a Heroku account has at most; default 4500. */
  herokuRequests?: number;
  /** Ordered from the first request on. */
  faults?: readonly Fault[];
}

export interface LocalServices {
  infisical: LocalInfisical;
  heroku: LocalHeroku;
  control: Control;
  /**
   * What a program needs to use both: `INFISICAL_API_URL`, `HEROKU_API_URL`, and the credentials of the seed's first machine
   * identity (`INFISICAL_CLIENT_ID`, `INFISICAL_CLIENT_SECRET`) and first Heroku key (`HEROKU_API_KEY`).
   */
  env: Record<string, string>;
  /**
   * @returns puts vault, apps and releases back as they are now, as often as it is called, here or on other services with the same
   * seed; the clock and all accounts go on
   */
  checkpoint(): (into?: LocalServices) => void;
  close(): Promise<void>;
}

/**
 * @example
 * const { env, heroku, close } = await startLocal();
 * heroku.apps.vars("raxx-console-staging");
 * @throws Error for a port in use
 */
export async function startLocal(options: LocalOptions = {}): Promise<LocalServices> {
  const { infisicalPort = 0, herokuPort = 0, seed = defaultSeed(), rateLimits = false, faults = [] } = options;
  const { herokuRequests: rateLimit, flavour = "2024-10" } = options;
  const control = new Control();
  for (const fault of faults) control.addFault(fault);
  const infisical = await startInfisical({ port: infisicalPort, control, seed: seed.infisical, rateLimits, flavour });
  try {
    const heroku = await startHeroku({
      port: herokuPort,
      control,
      seed: seed.heroku,
      ...(rateLimit === undefined ? {} : { rateLimit }),
    });
    const close = async () => {
      await Promise.all([infisical.close(), heroku.close()]);
    };
    const checkpoint = () => {
      const [vault, apps] = [infisical.vault.checkpoint(), heroku.apps.checkpoint()];
      return (into: LocalServices = services) => {
        vault(into.infisical.vault);
        apps(into.heroku.apps);
      };
    };
    const env = environment(infisical, heroku, seed);
    const services: LocalServices = { infisical, heroku, control, env, checkpoint, close };
    return services;
  } catch (error) {
    await infisical.close();
    throw error;
  }
}

function environment(infisical: LocalInfisical, heroku: LocalHeroku, seed: LocalSeed): Record<string, string> {
  const [identity] = seed.infisical.identities ?? [];
  const [key] = heroku.keys.valid();
  return {
    INFISICAL_API_URL: infisical.url,
    ...(identity && {
      INFISICAL_CLIENT_ID: identity.clientId,
      INFISICAL_CLIENT_SECRET: identity.clientSecret,
    }),
    HEROKU_API_URL: heroku.url,
    ...(key && { HEROKU_API_KEY: key }),
  };
}

/**
 * A seed file's JSON.
 * @throws ConfigurationError that names everything that is wrong, by key, and no value
 */
export function parseSeed(text: string): LocalSeed {
  let seed: unknown;
  try {
    seed = JSON.parse(text);
  } catch {
    // The parser's own message quotes what it read.
    throw new ConfigurationError("The seed is not JSON.");
  }
  const parsed = localSeedSchema.safeParse(seed);
  if (!parsed.success) throw new ConfigurationError(`The seed is not usable:\n${z.prettifyError(parsed.error)}`);
  return seed as LocalSeed;
}
