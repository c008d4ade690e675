// Heroku as the target of a run: the local service, or the real one with an app of the run's own.
import { randomBytes } from "node:crypto";
import { ConfigurationError } from "../../src/errors.js";
import { openHeroku } from "../../src/heroku/transport.js";
import type { Answer } from "../../src/http/index.js";
import { type LocalHeroku, startHeroku } from "../../src/local/index.js";
import { SecretValue } from "../../src/secret.js";
import type { Target } from "../run.js";
import { Values } from "../scenario.js";
import type { Caller, Can, Context } from "./scenarios.js";

export type HerokuTarget = Target<Context, Caller, Can>;

/** Keys of Heroku's answers whose texts are names or its own words. */
const shown = new Set(["message", "resource", "name", "description", "status"]);

/** @param change done to the service before the run */
export async function openLocal(change: (service: LocalHeroku) => void = () => {}): Promise<HerokuTarget> {
  const service = await startHeroku();
  change(service);
  return target("local", service.url, service.keys.valid()[0] ?? "", () => service.close());
}

/**
 * The real Heroku, or another that answers like it: `<prefix>_API_KEY`, and `<prefix>_URL` where that is not https://api.heroku.com.
 *
 * @throws ConfigurationError that names what is missing
 */
export async function openReal(
  prefix: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<HerokuTarget> {
  const key = env[`${prefix}_API_KEY`]?.trim();
  if (!key) throw new ConfigurationError(`${prefix}_API_KEY is not set.`);
  return target("real", env[`${prefix}_URL`] ?? "https://api.heroku.com", key, async () => {});
}

function target(kind: string, url: string, key: string, close: () => Promise<void>): HerokuTarget {
  const senders = Object.fromEntries(
    Object.entries({ owner: key, stranger: "HRKU-no-such-key" }).map(([caller, text]) => [
      caller,
      openHeroku({ url, auth: { kind: "bearer", key: SecretValue.of(text) }, timeoutMs: 30_000 }).send,
    ]),
  ) as Record<Caller, ReturnType<typeof openHeroku>["send"]>;
  const values = new Values(() => `value-${randomBytes(12).toString("hex")}`);
  const app = `console-vault-parity-${randomBytes(4).toString("hex")}`;
  const remove = (): Promise<Answer> => senders.owner({ method: "DELETE", path: `/apps/${app}` });
  return {
    name: kind === "local" ? "local Heroku" : url,
    kind,
    can: new Set<Can>(),
    kept: new Map(),
    context: { app, values },
    ask: ({ as = "owner", body, ...request }) =>
      senders[as]({ ...request, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    normalise: () => ({
      shown,
      labels: ["version"],
      symbols: new Map([
        ...values.entries().map(([name, value]) => [value, `<value ${name}>`] as const),
        [app, "<app>"],
        [key, "<credential>"],
      ]),
    }),
    close: async () => {
      // The run's own last step deletes it, unless the run ended before.
      const { status } = await remove();
      await close();
      if (status >= 300 && status !== 404)
        throw new ConfigurationError(`The app ${app} could not be deleted (${status}). Delete it by hand.`);
    },
  };
}
