import type { Api, Place } from "./api.js";
import { InfisicalError } from "./error.js";
import type { Exchange } from "./exchange.js";
import { type FolderPath, folderPath, withFinalSlash } from "./paths.js";
import { deletedAnswer, foundAnswer, type SecretRow, secretsAnswer, writtenAnswer } from "./schemas.js";
import type { InfisicalClient, SecretEntry, SecretToWrite, WriteResult } from "./types.js";
import { checkSecretName, checkSecretsToWrite, inRequests, trimmed } from "./values.js";

type SecretMethods = Pick<
  InfisicalClient,
  "listSecrets" | "getSecret" | "createSecrets" | "updateSecrets" | "deleteSecret"
>;

interface Options extends Place {
  /**
   * Rejects if the environment is unknown, which the routes for secrets report as something else: an empty list, or a
   * missing folder.
   */
  readonly checkEnvironment: () => Promise<void>;
  readonly isServiceToken: boolean;
}

export function secretMethods(exchange: Exchange, options: Options): SecretMethods {
  const { apis, projectId, environment, checkEnvironment, isServiceToken } = options;
  const placeIn = (api: Api) => ({ ...api.project(projectId), environment });

  async function list(path: FolderPath, recursive: boolean): Promise<SecretRow[]> {
    const { secrets } = await apis.read((api) =>
      exchange.read({
        method: "GET",
        path: api.secrets,
        query: {
          ...placeIn(api),
          ...api.asStored,
          ...api.shared,
          secretPath: path.wire,
          ...(recursive && { recursive: "true" }),
        },
        to: `list the secrets of ${path.normal}`,
        expects: secretsAnswer,
      }),
    );
    if (secrets.length === 0) await checkEnvironment();
    if (!secrets.every((row) => isBelow(path, row, recursive) || (recursive && isNamesake(path, row))))
      throw elsewhere(path);
    return secrets.filter((row) => row.type === "shared" && isBelow(path, row, recursive));
  }

  function isBelow(path: FolderPath, row: SecretRow, recursive: boolean): boolean {
    const at = withFinalSlash(row.secretPath ?? path.wire);
    const isThere = recursive ? at.startsWith(path.normal) : at === path.normal;
    return isThere && (row.environment ?? environment) === environment;
  }

  /** A recursive list is of all paths that begin with the text of the one asked for: `/a/heroku2` comes along with `/a/heroku`. */
  function isNamesake(path: FolderPath, row: SecretRow): boolean {
    return (row.secretPath ?? "").startsWith(path.wire) && (row.environment ?? environment) === environment;
  }

  async function get(path: FolderPath, name: string): Promise<SecretRow | undefined> {
    checkSecretName(name, { method: "GET", path: "secrets" });
    const { secret } = await apis.read((api) =>
      exchange.read({
        method: "GET",
        path: routeOf(api, name),
        query: { ...placeIn(api), ...api.asStored, secretPath: path.wire, type: "shared" },
        to: `read ${name} in ${path.normal}`,
        expects: foundAnswer,
        mayBeAbsent: true,
      }),
    );
    if (secret && !isBelow(path, secret, false)) throw elsewhere(path);
    // Only lists tell the path on older servers, where this token may read another one than it was asked for.
    if (secret && secret.secretPath === undefined && isServiceToken) await list(path, false);
    return secret;
  }

  async function write(
    method: "POST" | "PATCH",
    path: FolderPath,
    secrets: readonly SecretToWrite[],
  ): Promise<WriteResult> {
    const request = { method, path: "secrets" } as const;
    checkSecretsToWrite(secrets, request);
    const sent = secrets.map(({ comment, ...secret }) => ({
      ...secret,
      value: trimmed(secret.value),
      ...(comment === undefined ? {} : { comment: comment.trim() }),
    }));
    const rest = Buffer.byteLength(
      JSON.stringify({ workspaceId: projectId, environment, secretPath: path.wire, secrets: [] }),
    );
    const results: WriteResult[] = [];
    for (const part of inRequests(sent, rest, request)) results.push(await writePart(method, path, part));
    const waits = results.some((result) => "approval" in result);
    return waits ? { approval: true } : { written: results.flatMap((one) => ("written" in one ? one.written : [])) };
  }

  async function writePart(
    method: "POST" | "PATCH",
    path: FolderPath,
    sent: readonly SecretToWrite[],
  ): Promise<WriteResult> {
    const to = `${method === "POST" ? "create" : "update"} ${sent.map(({ name }) => name).join(", ")} in ${path.normal}`;
    const answer = await apis.write((api) =>
      exchange.write({
        method,
        path: api.batch,
        kind: method === "POST" ? "create" : "update",
        body: { ...placeIn(api), secretPath: path.wire, secrets: sent.map(toBody) },
        to,
        secrets: sent.flatMap(({ value, metadata = [] }) => [value, ...metadata.map((pair) => pair.value)]),
        expects: writtenAnswer,
        look: async () => {
          const rows = await list(path, false);
          const found = new Map<string, SecretRow[]>();
          for (const row of rows) found.set(row.secretKey, [...(found.get(row.secretKey) ?? []), row]);
          const isDone = sent.every(({ name, value }) => {
            const [row, ...more] = found.get(name) ?? [];
            return row !== undefined && more.length === 0 && row.secretValue.equals(value);
          });
          return isDone ? { secrets: rows } : undefined;
        },
      }),
    );
    if ("approval" in answer) return answer;
    const answered = new Map(answer.secrets.toReversed().map((row) => [row.secretKey, row]));
    const written = sent.map(({ name, value }) => {
      const row = answered.get(name);
      // A token that may write but not read gets a placeholder back.
      if (row)
        return toEntry(row.secretValueHidden ? { ...row, secretValue: value, secretValueHidden: false } : row, path);
      const diagnosis = `Infisical was to ${to}, but its answer does not name ${name}. Look with console-vault status.`;
      throw new InfisicalError("unknown-outcome", diagnosis, { method, path: "secrets", status: 200 });
    });
    return { written };
  }

  /** A missing folder may be a wrong environment in truth. */
  async function withKnownEnvironment<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (error instanceof InfisicalError && error.kind === "not-found") await checkEnvironment();
      throw error;
    }
  }

  return {
    listSecrets: async (path, { recursive = false } = {}) => {
      const asked = folderPath(path);
      return (await list(asked, recursive)).map((row) => toEntry(row, asked));
    },

    getSecret: async (path, name) => {
      const asked = folderPath(path);
      const row = await withKnownEnvironment(get(asked, name));
      return row && toEntry(row, asked);
    },

    createSecrets: async (path, secrets) => withKnownEnvironment(write("POST", folderPath(path), secrets)),

    updateSecrets: async (path, secrets) => withKnownEnvironment(write("PATCH", folderPath(path), secrets)),

    deleteSecret: async (path, name) => {
      const asked = folderPath(path);
      checkSecretName(name, { method: "DELETE", path: "secrets" });
      const deletion = apis.write((api) =>
        exchange.write({
          method: "DELETE",
          path: routeOf(api, name),
          body: {
            ...placeIn(api),
            secretPath: asked.wire,
            ...(isBatch(api, name) ? batchOf(name) : { type: "shared" }),
          },
          to: `delete ${name} in ${asked.normal}`,
          expects: deletedAnswer,
          mayBeAbsent: true,
          look: async () => {
            const rows = await list(asked, false);
            return rows.some(({ secretKey }) => secretKey === name) ? undefined : { deleted: true };
          },
        }),
      );
      return withKnownEnvironment(deletion);
    },
  };
}

const routeOf = (api: Api, name: string): string => `${api.secrets}/${encodeURIComponent(name)}`;

/** The route of a secret of this name is that of batches. */
const isBatch = (api: Api, name: string) => routeOf(api, name) === api.batch;
const batchOf = (secretKey: string) => ({ secrets: [{ secretKey, type: "shared" }] });

const toBody = ({ name, value, comment, metadata, tagIds }: SecretToWrite) => ({
  secretKey: name,
  secretValue: value.reveal(),
  ...(comment !== undefined && { secretComment: comment }),
  ...(metadata?.length && { secretMetadata: metadata.map((pair) => ({ ...pair, value: pair.value.reveal() })) }),
  ...(tagIds?.length && { tagIds }),
});

function toEntry(row: SecretRow, asked: FolderPath): SecretEntry {
  const { id, version, secretKey: name, secretValue: value, secretComment: comment, createdAt, updatedAt } = row;
  const { secretMetadata: metadata, tags } = row;
  const path = withFinalSlash(row.secretPath ?? asked.wire);
  if (row.secretValueHidden) {
    // Neither the secret's name nor its folder's: in a recursive list it may be anybody's.
    const diagnosis = `The token sees secrets at or below ${asked.normal} whose values it may not read. Give its role "Read Value" on secrets.`;
    throw new InfisicalError("forbidden", diagnosis, { method: "GET", path: "secrets", status: 200 });
  }
  const tagIds = tags.map((tag) => tag.id);
  return {
    name,
    path,
    id,
    version,
    revision: `${id}@${version}`,
    value,
    comment,
    metadata,
    tagIds,
    createdAt,
    updatedAt,
  };
}

function elsewhere(path: FolderPath): InfisicalError {
  const diagnosis = `Asked for ${path.normal}, Infisical answers with another folder's secrets, as it does for a service token whose only scope is one exact path. Give the token a scope with a glob, for example ${path.normal}**.`;
  return new InfisicalError("forbidden", diagnosis, { method: "GET", path: "secrets", status: 200 });
}
