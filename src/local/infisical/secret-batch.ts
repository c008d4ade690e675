/** Many secrets of one folder at once, all or none; and moving secrets between folders. */
import { type Api, gapBeforeWrite, needsApproval } from "./api.js";
import type { FolderRow, SecretFields, SecretRow } from "./database.js";
import { badRequest, notFound } from "./errors.js";
import type { Actor } from "./permissions.js";
import {
  type Approval,
  approvalRequest,
  changedFields,
  openFolder,
  refuseUnknownTags,
  type SecretAnswer,
  type SecretChange,
  type SecretPlace,
} from "./secrets.js";

const keysOf = (items: readonly { key: string }[]): string[] => items.map((item) => item.key);
const copyOf = (place: SecretPlace) => (row: SecretRow) => ({ ...place, row: { ...row } });

/** Only keys that exist already are refused: one key twice in the same batch makes two rows (measured). */
export async function createSecrets(
  api: Api,
  actor: Actor,
  place: SecretPlace,
  secrets: readonly SecretFields[],
): Promise<SecretAnswer[] | Approval> {
  const folder = openFolder(api, actor, "create", place, "CreateManySecret");
  const existing = api.database.secretsNamed(folder.id, keysOf(secrets));
  if (existing.length > 0) throw badRequest(`Secret already exist: ${keysOf(existing).join(",")}`);
  refuseUnknownTags(
    api,
    secrets.flatMap((secret) => secret.tagIds ?? []),
  );
  if (needsApproval(api, place.path)) return approvalRequest(api, folder);
  await gapBeforeWrite();
  return secrets.map((secret) => ({ ...place, row: api.database.insertSecret(folder.id, secret) }));
}

/** What to do with names that do not exist; only the current server has a choice. */
export type MissingMode = "failOnNotFound" | "upsert" | "ignore";

/** All or none. A change may name a folder of its own, which only the current v4 has; answers keep the order of the changes. */
export function updateSecrets(
  api: Api,
  actor: Actor,
  place: SecretPlace,
  changes: readonly (SecretChange & { path?: string | undefined })[],
  mode: MissingMode,
): SecretAnswer[] | Approval {
  const paths = [...new Set(changes.map(({ path = place.path }) => path))];
  const parts = paths.map((path) => {
    const at = { ...place, path };
    return {
      at,
      changes: changes.filter((change) => (change.path ?? place.path) === path),
      folder: openFolder(api, actor, "edit", at, "UpdateManySecret"),
    };
  });
  for (const { folder, changes } of parts) checkChanges(api, folder, changes, mode);
  const guarded = parts.find(({ at }) => needsApproval(api, at.path));
  if (guarded) return approvalRequest(api, guarded.folder);
  return parts.flatMap(({ at, folder, changes }) => applyChanges(api, folder, changes, mode).map(copyOf(at)));
}

function checkChanges(api: Api, folder: FolderRow, changes: readonly SecretChange[], mode: MissingMode): void {
  const existing = api.database.secretsNamed(folder.id, keysOf(changes));
  if (mode === "failOnNotFound" && existing.length !== changes.length) {
    throw notFound(`Secret does not exist: ${namedWhenMissing(api, existing, changes)}`);
  }
  refuseUnknownTags(
    api,
    changes.flatMap((change) => change.tagIds ?? []),
  );
  refuseRenames(api, folder, changes);
}

function applyChanges({ database }: Api, folder: FolderRow, changes: readonly SecretChange[], mode: MissingMode) {
  const existing = database.secretsNamed(folder.id, keysOf(changes));
  return changes.flatMap((change) => {
    const row = existing.find((candidate) => candidate.key === change.key);
    if (row) return [database.updateSecret(row, changedFields(change))];
    const { key, value = "", comment } = change;
    return mode === "upsert" ? [database.insertSecret(folder.id, { key, value, comment })] : [];
  });
}

/** Read in the source of that time: it looks for the old name in place of the new one, so a rename never passes. */
function refuseRenames({ database, flavour }: Api, folder: FolderRow, changes: readonly SecretChange[]): void {
  const renames = changes.filter((change) => change.newKey !== undefined);
  const newKeys = renames.map((change) => change.newKey ?? "");
  if (flavour === "current") {
    const taken = database.secretsNamed(folder.id, newKeys);
    if (taken.length > 0) throw badRequest(`Secret with the new name already exists: ${keysOf(taken).join(", ")}`);
  } else if (renames.length > 0) {
    throw badRequest(`Secret with new name already exists: ${newKeys.join(",")}`);
  }
}

export function deleteSecrets(
  api: Api,
  actor: Actor,
  place: SecretPlace,
  secrets: readonly { key: string }[],
): SecretAnswer[] | Approval {
  const folder = openFolder(api, actor, "delete", place, "DeleteManySecret");
  const existing = api.database.secretsNamed(folder.id, keysOf(secrets));
  if (existing.length !== secrets.length) {
    throw notFound(`One or more secrets does not exist: ${namedWhenMissing(api, existing, secrets)}`);
  }
  if (needsApproval(api, place.path)) return approvalRequest(api, folder);
  return api.database.removeSecrets(folder.id, keysOf(secrets)).map((row) => ({ ...place, row }));
}

/** The measured server names those that do exist; the current one those that are missing. */
function namedWhenMissing({ flavour }: Api, existing: readonly SecretRow[], asked: readonly { key: string }[]): string {
  if (flavour === "2024-10") return keysOf(existing).join(",");
  const found = new Set(keysOf(existing));
  return keysOf(asked)
    .filter((key) => !found.has(key))
    .join(", ");
}
