import { seal } from "../envelope.js";
import { HerokuClient } from "../heroku/index.js";
import type { VaultPlace } from "../migration/index.js";
import { runContext } from "../runContext.js";
import { SecretValue } from "../secret.js";
import { authFromEnvironment, createInfisicalClient, type InfisicalClient } from "../vault/client/index.js";
import { type Wait, waitLine } from "../waits.js";

// Pulumi's host gives a provider no other way to say something: the engine passes on what it prints.
const onWait = (wait: Wait) => runContext().print(seal(waitLine(wait), { is: "wait", wait }));

/** What providers keep for as long as one run lasts. */
interface Kept {
  readonly vaults: Map<string, InfisicalClient>;
  herokuKey?: string | undefined;
}

const kept = new WeakMap<ReturnType<typeof runContext>, Kept>();

function keptByRun(): Kept {
  const context = runContext();
  const known = kept.get(context) ?? { vaults: new Map() };
  kept.set(context, known);
  return known;
}

/** One client per vault, credentials and run: one login, and one queue for the writes that must not race. */
export function vaultAt({ url, project, slug }: VaultPlace): InfisicalClient {
  const { env } = runContext();
  const { vaults } = keptByRun();
  const { INFISICAL_TOKEN: token, INFISICAL_CLIENT_ID: id, INFISICAL_CLIENT_SECRET: secret } = env;
  const key = JSON.stringify([url, project, slug, token, id, secret]);
  const known = vaults.get(key);
  if (known) return known;
  const client = createInfisicalClient({
    url,
    projectId: project,
    environment: slug,
    auth: authFromEnvironment(env),
    onWait,
  });
  vaults.set(key, client);
  return client;
}

/** The stack's own Heroku key, which the engine hands to the provider with the rest of the stack's configuration. */
export function configureHeroku(apiKey: string | undefined): void {
  keptByRun().herokuKey = apiKey;
}

/** @throws Error where neither the stack's configuration nor the environment has a key */
export function herokuAt(url: string): HerokuClient {
  const key = keptByRun().herokuKey || runContext().env.HEROKU_API_KEY;
  if (!key)
    throw new Error("Heroku: set HEROKU_API_KEY, or keep it with the stack: pulumi config set --secret heroku:apiKey");
  return new HerokuClient({ url, auth: { kind: "bearer", key: SecretValue.of(key) }, onWait });
}
