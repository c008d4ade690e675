/** Secrets as the routes of both versions answer with them. */
import type { Api } from "./api.js";
import type { Approval, SecretAnswer } from "./secrets.js";

/** Fields and their order as measured; the current server has the same but one, by its published schema. */
function present({ database, flavour }: Api, { row, environment, shown }: SecretAnswer) {
  return {
    id: row.id,
    _id: row.id,
    workspace: database.project.id,
    environment,
    version: row.version,
    type: "shared",
    secretKey: row.key,
    secretValue: shown?.value ?? row.value,
    secretComment: shown?.comment ?? row.comment,
    secretReminderNote: row.reminderNote,
    secretReminderRepeatDays: row.reminderRepeatDays,
    skipMultilineEncoding: row.skipMultilineEncoding,
    ...(flavour === "2024-10" && { metadata: null }),
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  };
}

/** As a creation has it: the current server says no more of it either. */
const presentCreated = (api: Api, one: SecretAnswer) => present(api, one);

/** As a change or a deletion has it. */
const presentChanged = (api: Api, one: SecretAnswer) =>
  api.flavour === "current" ? { ...present(api, one), secretValueHidden: false } : present(api, one);

type Present = typeof presentCreated;

const answerOne = (view: Present) => (api: Api, result: SecretAnswer | Approval) =>
  "approval" in result ? result : { secret: view(api, result) };
const answerMany = (view: Present) => (api: Api, results: SecretAnswer[] | Approval) =>
  "approval" in results ? results : { secrets: results.map((one) => view(api, one)) };

export const answerCreated = { one: answerOne(presentCreated), many: answerMany(presentCreated) };
export const answerChanged = { one: answerOne(presentChanged), many: answerMany(presentChanged) };

/** As a read has it. `extra` is what only some reads tell on the measured server. */
export function presentRead(api: Api, found: SecretAnswer, view: "true" | "false", extra: object = {}) {
  const tags = api.database.tags.filter(({ id }) => found.row.tagIds.includes(id));
  if (api.flavour === "2024-10") return { ...present(api, found), ...extra, tags };
  const shown = view === "false" ? { secretValue: "<hidden-by-infisical>", secretValueHidden: true } : {};
  const { path: secretPath, row } = found;
  return { ...presentChanged(api, found), secretPath, tags, secretMetadata: row.metadata, ...shown };
}
