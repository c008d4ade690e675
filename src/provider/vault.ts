import type { Target } from "../migration/index.js";
import { authFromEnvironment, createInfisicalClient, type InfisicalClient } from "../vault/client/index.js";
import { waitLine } from "../waits.js";

const clients = new Map<string, InfisicalClient>();

/** One client per vault and process: one login, and one queue for the writes that must not race. */
export function vaultAt({ vault, project, slug }: Target): InfisicalClient {
  const key = JSON.stringify([vault, project, slug]);
  const known = clients.get(key);
  if (known) return known;
  const client = createInfisicalClient({
    url: vault,
    projectId: project,
    environment: slug,
    auth: authFromEnvironment(process.env),
    // Pulumi's host gives a provider no other way to say something: the engine passes on what its process prints.
    onWait: (wait) => void process.stderr.write(`${waitLine(wait)}\n`),
  });
  clients.set(key, client);
  return client;
}
