// Where the Infisical of October 2024 and today's differ, as facts. A difference that is not here is one too many: either a local
// service has drifted, or a fact is missing.
import type { KnownDifference } from "../compare.js";

/** What was measured of October 2024's server stands in test/local/infisical/exchanges.json; this is where today's is from. */
const sources = {
  schema: {
    source: "the published schema: Infisical/cli e2e/packages/client/client.gen.go@242df555",
    date: "2026-08-08",
  },
  errors: { source: "Infisical/infisical backend/src/server/plugins/error-handler.ts@036d891d", date: "2026-11-27" },
  folders: {
    source: "Infisical/infisical backend/src/server/routes/v2/secret-folder-router.ts@09a41c37",
    date: "2026-11-27",
  },
  folderService: { source: "Infisical/infisical backend/src/services/secret-folder@4af40163", date: "2026-11-23" },
  secrets: { source: "Infisical/infisical backend/src/server/routes/v4/secret-router.ts@03e75b25", date: "2026-11-27" },
  secretService: { source: "Infisical/infisical backend/src/services/secret@0b1895fa", date: "2026-11-23" },
  recursion: {
    source: "Infisical/infisical backend/src/services/secret-v2-bridge/secret-v2-bridge-fns.ts",
    date: "2026-11-27",
  },
  login: { source: "Infisical/infisical backend/src/services/identity-ua@60887bd0", date: "2026-11-23" },
} as const;

type Fact = Omit<KnownDifference, "between" | "source" | "date">;
const facts = (from: keyof typeof sources, ...found: readonly Fact[]): KnownDifference[] =>
  found.map((fact) => ({ between: ["2024-10", "current"], ...fact, ...sources[from] }));

export const knownDifferences: readonly KnownDifference[] = [
  ...facts(
    "errors",
    { at: "body.reqId", is: [null, '"<request>"'], says: "an error names the request in the server's log" },
    { at: "body.details", is: [null, "[]"], says: "a missing right comes with the rules that were looked at" },
    {
      at: "status",
      is: ["401 ValidationFailure", "422 ValidationFailure"],
      says: "a request of the wrong form is 422, once 401",
    },
  ),
  ...facts("login", {
    scenario: "login",
    steps: ["an unknown client id"],
    at: "status",
    is: ["404 NotFound", "401 UnauthorizedError"],
    says: "an unknown client id is told like a wrong secret",
  }),
  ...facts(
    "folders",
    { at: "body.folder.path", says: "a folder that was made comes with its path" },
    { at: "body.folder.description", is: [null, "null"], says: "folders have a description" },
    { at: "body.folders[*].description", is: [null, "null"], says: "folders have a description" },
    { at: "body.folder.lastSecretModified", says: "folders tell when a secret in them changed last" },
    { at: "body.folders[*].lastSecretModified", says: "folders tell when a secret in them changed last" },
    { at: "body.folders[*].relativePath", says: "lists of folders tell the way from the folder asked for" },
    {
      scenario: "folders",
      steps: ["list with all below"],
      at: "body.folders[*]",
      is: [null, "there"],
      says: "a list takes what is below along; once the switch was dropped",
    },
    {
      scenario: "folders",
      steps: ["create with a blank in the name", "create with a dot in the name"],
      at: "status",
      is: ["500 Find by secret path", "422 ValidationFailure"],
      says: "a folder's name is checked; once it failed in the database",
    },
    {
      scenario: "folders",
      steps: ["delete one with a secret in it"],
      at: "status",
      is: ["200", "400 BadRequest"],
      says: "with forceDelete false a folder with something in it stays; once it was deleted with all in it",
    },
    {
      scenario: "folders",
      steps: ["look whether it is still there"],
      at: "body.folders[other]",
      is: [null, "there"],
      says: "what follows from it",
    },
  ),
  ...facts(
    "folderService",
    {
      scenario: "folders",
      steps: ["create again"],
      at: "status",
      is: ["200", "400 BadRequest"],
      says: "a folder that exists is refused; once it was the answer",
    },
    {
      scenario: "folders",
      steps: ["create below a path with a blank", "list of a path with a blank"],
      at: "status",
      is: ["500 Find by secret path", "400 BadRequest"],
      says: "a path is checked; once it failed in the database",
    },
    {
      scenario: "folders",
      steps: ["delete it again", "delete below a missing folder"],
      at: "body.message",
      says: "another sentence for a folder that is not there",
    },
    {
      scenario: "rights of a viewer",
      steps: ["the viewer makes a folder"],
      at: "body.message",
      says: "rights on folders are their own",
    },
  ),
  ...facts(
    "schema",
    { at: "body.secret.metadata", is: ["null", null], says: "a field that never held anything is gone" },
    { at: "body.secrets[*].metadata", is: ["null", null], says: "a field that never held anything is gone" },
    {
      at: "body.secret.secretValueHidden",
      is: [null, "false"],
      says: "reads and changes tell whether the value is shown",
    },
    {
      at: "body.secrets[*].secretValueHidden",
      is: [null, "false"],
      says: "reads and changes tell whether the value is shown",
    },
    { at: "body.secret.secretMetadata", is: [null, "[]"], says: "reads come with pairs that the owner keeps" },
    { at: "body.secrets[*].secretMetadata", is: [null, "[]"], says: "reads come with pairs that the owner keeps" },
    { at: "body.secret.secretPath", says: "the read of one secret tells its folder" },
  ),
  ...facts(
    "secrets",
    {
      scenario: "one secret",
      steps: ["update the comment only"],
      at: "status",
      is: ["401 ValidationFailure", "200"],
      says: "an update needs no value",
    },
    {
      steps: ["create with a colon in the name", "create with a slash in the name"],
      at: "status",
      is: ["200", "422 ValidationFailure"],
      says: "names have neither : nor /",
    },
  ),
  ...facts(
    "secretService",
    {
      scenario: "one secret",
      steps: ["create again"],
      at: "body.message",
      says: "the sentence for a name that is taken has an s more",
    },
    {
      scenario: "batch",
      steps: ["update one that is there and one that is not", "delete one that is there and one that is not"],
      at: "body.message",
      says: "the missing names are told; once those that are there",
    },
  ),
  ...facts(
    "recursion",
    {
      scenario: "lists of secrets",
      steps: ["with all below"],
      at: "body.secrets[BESIDE]",
      is: ["there", null],
      says: "a list with all below ends at the folder; once it took folders along whose names begin with its name",
    },
    {
      scenario: "lists of secrets",
      steps: ["an unknown environment with all below"],
      at: "status",
      is: ["500 InternalServerError", "404 NotFound"],
      says: "an unknown environment is told; once it was not foreseen",
    },
  ),
  ...["delete one with a secret in it", "look whether it is still there"].map((step, index) => ({
    between: ["current v3", "current v4"] as const,
    scenario: "folders",
    steps: [step],
    at: index === 0 ? "status" : "body.folders[other]",
    says: "folders v1 still deletes a folder with all that is in it",
    ...sources.folders,
  })),
];
