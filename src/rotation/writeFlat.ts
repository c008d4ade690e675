// Writes an environment's value at the flat path again, for readers that go back there.
import { Refusal } from "../errors.js";
import { type FlatWrite, labelsOf } from "../migration/index.js";
import { type InfisicalClient, put } from "../vault/client/index.js";

/**
 * Looks at both rows right before the write, and again after it: a row that changed since it was decided about is left alone.
 *
 * @throws Refusal, InfisicalError
 */
export async function writeFlat(vault: InfisicalClient, { name, path, from, over }: FlatWrite): Promise<void> {
  const flat = await vault.getSecret(path, name);
  if (flat?.revision !== over?.revision)
    throw new Refusal(`${name} at ${path} was ${flat ? "written" : "deleted"} just now, and is left as it is.`, {
      code: "changed-meanwhile",
      name,
      path,
    });
  const source = await vault.getSecret(from.path, name);
  if (source?.revision !== from.revision)
    throw new Refusal(`${name} at ${from.path} was ${source ? "written" : "deleted"} just now: look again.`, {
      code: "changed-meanwhile",
      name,
      path: from.path,
    });
  const secret = { name, value: from.value, ...(over ? { comment: over.comment } : labelsOf(from)) };
  const result = await put(vault, path, secret, { exists: over !== undefined, folder: true });
  if (result.is === "approval")
    throw new Refusal(
      `Infisical keeps the change of ${name} at ${path} for an approval. Approve it there, then run the command again.`,
      { code: "approval", name, path },
    );
  if (result.is === "other")
    throw new Refusal(
      `${name} was written to ${path}, and ${result.rows === 1 ? "another value" : `${result.rows} rows`} of it read back there.`,
      { code: "other-value", name, path },
    );
}
