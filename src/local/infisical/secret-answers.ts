/** Secrets as the routes of both versions answer with them. */
import type { Api } from "./api.js";
import type { Approval, SecretAnswer } from "./secrets.js";

/** Fields and their order as measured; the current server adds some. */
function present({ world, flavour }: Api, { row, environment, path, shown }: SecretAnswer) {
  const measured = {
    id: row.id,
    _id: row.id,
    workspace: world.project.id,
    environment,
    version: row.version,
    type: "shared",
    secretKey: row.key,
    secretValue: shown?.value ?? row.value,
    secretComment: shown?.comment ?? row.comment,
    secretReminderNote: row.reminderNote,
    secretReminderRepeatDays: row.reminderRepeatDays,
    skipMultilineEncoding: row.skipMultilineEncoding,
    metadata: null,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
  return flavour === "current" ? { ...measured, secretValueHidden: false, secretPath: path } : measured;
}

export const presentOne = (api: Api, result: SecretAnswer | Approval) =>
  "approval" in result ? result : { secret: present(api, result) };

export const presentMany = (api: Api, results: SecretAnswer[] | Approval) =>
  "approval" in results ? results : { secrets: results.map((one) => present(api, one)) };

/** As a read has it. `extra` is what only some reads tell on the measured server. */
export function presentRead(api: Api, found: SecretAnswer, view: "true" | "false", extra: object = {}) {
  const tags = api.world.tags.filter(({ id }) => found.row.tagIds.includes(id));
  const secret = { ...present(api, found), ...extra, tags };
  if (api.flavour === "2024-10") return secret;
  const shown = view === "false" ? { secretValue: "<hidden-by-infisical>", secretValueHidden: true } : {};
  return { ...secret, secretMetadata: found.row.metadata, ...shown };
}
