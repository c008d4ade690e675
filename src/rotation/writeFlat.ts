// Writes an environment's value at the flat path again, for readers that go back there.
import { Refusal } from "../errors.js";
import type { FlatWrite } from "../migration/index.js";
import type { InfisicalClient } from "../vault/client/index.js";

/**
 * Looks at both rows right before the write, and again after it: a row that changed since it was decided about is left alone.
 *
 * @throws Refusal, InfisicalError
 */
export async function writeFlat(vault: InfisicalClient, { name, path, from, over }: FlatWrite): Promise<void> {
  const flat = await vault.getSecret(path, name);
  if (flat?.revision !== over?.revision)
    throw new Refusal(`${name} at ${path} was ${flat ? "written" : "deleted"} just now, and is left as it is.`);
  const source = await vault.getSecret(from.path, name);
  if (source?.revision !== from.revision)
    throw new Refusal(`${name} at ${from.path} was ${source ? "written" : "deleted"} just now: look again.`);
  const result = over
    ? await vault.updateSecrets(path, [{ name, value: from.value, comment: over.comment }])
    : await vault.createSecrets(path, [{ name, value: from.value, comment: from.comment }]);
  if ("approval" in result)
    throw new Refusal(
      `Infisical keeps the change of ${name} at ${path} for an approval. Approve it there, then run the command again.`,
    );
  const rows = (await vault.listSecrets(path)).filter((row) => row.name === name);
  if (rows.length !== 1 || !rows[0]!.value.equals(from.value))
    throw new Refusal(
      `${name} was written to ${path}, and ${rows.length === 1 ? "another value" : `${rows.length} rows`} of it read back there.`,
    );
}
