import { InfisicalError } from "./error.js";
import type { Exchange } from "./exchange.js";
import { type FolderPath, folderPath, withFinalSlash } from "./paths.js";
import { deletedAnswer, foundAnswer, type SecretRow, secretsAnswer, writtenAnswer } from "./schemas.js";
import type { InfisicalClient, SecretEntry, SecretToWrite, WriteResult } from "./types.js";
import { checkSecretName, checkSecretsToWrite, inRequests, trimmed } from "./values.js";

const PATH = "/api/v3/secrets/raw";
const BATCH_PATH = "/api/v3/secrets/batch/raw";

type SecretMethods = Pick<
  InfisicalClient,
  "listSecrets" | "getSecret" | "createSecrets" | "updateSecrets" | "deleteSecret"
>;

interface Options {
  readonly place: { readonly workspaceId: string; readonly environment: string };
  /**
   * Rejects if the environment is unknown, which the routes for secrets report as something else: an empty list, or a
   * missing folder.
   */
  readonly checkEnvironment: () => Promise<void>;
  readonly isServiceToken: boolean;
}

/** The v3 raw routes: they are there on servers of October 2024 and, deprecated, on current ones. */
export function secretMethods(exchange: Exchange, options: Options): SecretMethods {
  const { place, checkEnvironment, isServiceToken } = options;
  // Sent although they are the server's defaults, because values are compared as they are stored.
  const asStored = { expandSecretReferences: "false", include_imports: "false" };

  async function list(path: FolderPath, recursive: boolean): Promise<SecretRow[]> {
    const { secrets } = await exchange.read({
      method: "GET",
      path: PATH,
      query: { ...place, ...asStored, secretPath: path.wire, ...(recursive && { recursive: "true" }) },
      to: `list the secrets of ${path.normal}`,
      expects: secretsAnswer,
    });
    if (secrets.length === 0) await checkEnvironment();
    if (!secrets.every((row) => isBelow(path, row, recursive) || (recursive && isNamesake(path, row))))
      throw elsewhere(path, PATH);
    return secrets.filter((row) => row.type === "shared" && isBelow(path, row, recursive));
  }

  function isBelow(path: FolderPath, row: SecretRow, recursive: boolean): boolean {
    const at = withFinalSlash(row.secretPath ?? path.wire);
    const isThere = recursive ? at.startsWith(path.normal) : at === path.normal;
    return isThere && (row.environment ?? place.environment) === place.environment;
  }

  /** A recursive list is of all paths that begin with the text of the one asked for: `/a/heroku2` comes along with `/a/heroku`. */
  function isNamesake(path: FolderPath, row: SecretRow): boolean {
    return (row.secretPath ?? "").startsWith(path.wire) && (row.environment ?? place.environment) === place.environment;
  }

  async function get(path: FolderPath, name: string): Promise<SecretRow | undefined> {
    const route = `${PATH}/${encodeURIComponent(name)}`;
    checkSecretName(name, { method: "GET", path: route });
    const { secret } = await exchange.read({
      method: "GET",
      path: route,
      query: { ...place, ...asStored, secretPath: path.wire, type: "shared" },
      to: `read ${name} in ${path.normal}`,
      expects: foundAnswer,
      mayBeAbsent: true,
    });
    if (secret && !isBelow(path, secret, false)) throw elsewhere(path, route);
    // Only lists tell the path on older servers, where this token may read another one than it was asked for.
    if (secret && secret.secretPath === undefined && isServiceToken) await list(path, false);
    return secret;
  }

  async function write(
    method: "POST" | "PATCH",
    path: FolderPath,
    secrets: readonly SecretToWrite[],
  ): Promise<WriteResult> {
    const request = { method, path: BATCH_PATH } as const;
    checkSecretsToWrite(secrets, request);
    const sent = secrets.map(({ name, value, comment }) => ({
      name,
      value: trimmed(value),
      ...(comment === undefined ? {} : { comment: comment.trim() }),
    }));
    const rest = Buffer.byteLength(JSON.stringify({ ...place, secretPath: path.wire, secrets: [] }));
    const results: WriteResult[] = [];
    for (const part of inRequests(sent, rest, request)) results.push(await writePart(request, path, part));
    const waits = results.some((result) => "approval" in result);
    return waits ? { approval: true } : { written: results.flatMap((one) => ("written" in one ? one.written : [])) };
  }

  async function writePart(
    request: { readonly method: "POST" | "PATCH"; readonly path: string },
    path: FolderPath,
    sent: readonly SecretToWrite[],
  ): Promise<WriteResult> {
    const { method } = request;
    const to = `${method === "POST" ? "create" : "update"} ${sent.map(({ name }) => name).join(", ")} in ${path.normal}`;
    const answer = await exchange.write({
      ...request,
      body: {
        ...place,
        secretPath: path.wire,
        secrets: sent.map(({ name, value, comment }) => ({
          secretKey: name,
          secretValue: value.reveal(),
          ...(comment !== undefined && { secretComment: comment }),
        })),
      },
      to,
      secrets: sent.map(({ value }) => value),
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
    });
    if ("approval" in answer) return answer;
    const answered = new Map(answer.secrets.toReversed().map((row) => [row.secretKey, row]));
    const written = sent.map(({ name, value }) => {
      const row = answered.get(name);
      // A token that may write but not read gets a placeholder back.
      if (row)
        return toEntry(row.secretValueHidden ? { ...row, secretValue: value, secretValueHidden: false } : row, path);
      const diagnosis = `Infisical was to ${to}, but its answer does not name ${name}. Look with console-vault status.`;
      throw new InfisicalError("unknown-outcome", diagnosis, { ...request, status: 200 });
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
      const request = { method: "DELETE", path: `${PATH}/${encodeURIComponent(name)}` } as const;
      checkSecretName(name, request);
      return withKnownEnvironment(
        exchange.write({
          ...request,
          body: { ...place, secretPath: asked.wire, type: "shared" },
          to: `delete ${name} in ${asked.normal}`,
          expects: deletedAnswer,
          mayBeAbsent: true,
          look: async () => {
            const rows = await list(asked, false);
            return rows.some(({ secretKey }) => secretKey === name) ? undefined : { deleted: true };
          },
        }),
      );
    },
  };
}

function toEntry(row: SecretRow, asked: FolderPath): SecretEntry {
  const { id, version, secretKey: name, secretValue: value, secretComment: comment, createdAt, updatedAt } = row;
  const path = withFinalSlash(row.secretPath ?? asked.wire);
  if (row.secretValueHidden) {
    // Neither the secret's name nor its folder's: in a recursive list it may be anybody's.
    const diagnosis = `The token sees secrets at or below ${asked.normal} whose values it may not read. Give its role "Read Value" on secrets.`;
    throw new InfisicalError("forbidden", diagnosis, { method: "GET", path: PATH, status: 200 });
  }
  return { name, path, id, version, revision: `${id}@${version}`, value, comment, createdAt, updatedAt };
}

function elsewhere(path: FolderPath, route: string): InfisicalError {
  const diagnosis = `Asked for ${path.normal}, Infisical answers with another folder's secrets, as it does for a service token whose only scope is one exact path. Give the token a scope with a glob, for example ${path.normal}**.`;
  return new InfisicalError("forbidden", diagnosis, { method: "GET", path: route, status: 200 });
}
