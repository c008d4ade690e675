import type { SecretValue } from "../../secret.js";
import type { Wait } from "../../waits.js";
import type { Logins } from "./logins.js";

/**
 * A service token or an access token as it is, or a machine identity that logs in when the first call needs it.
 *
 * @example
 * ```ts
 * import { type InfisicalAuth, SecretValue } from "console-vault/vault";
 * const auth: InfisicalAuth = { kind: "token", token: SecretValue.of(process.env.INFISICAL_TOKEN ?? "") };
 * ```
 */
export type InfisicalAuth =
  | { readonly kind: "token"; readonly token: SecretValue }
  | { readonly kind: "universal"; readonly clientId: string; readonly clientSecret: SecretValue };

/**
 * Where a client works, as whom, and how patiently.
 *
 * @example
 * ```ts
 * import { authFromEnvironment, type InfisicalClientOptions } from "console-vault/vault";
 * const options: InfisicalClientOptions = {
 *   url: "https://app.infisical.com",
 *   projectId: "…",
 *   environment: "prod",
 *   auth: authFromEnvironment(process.env),
 *   timeoutMs: 10_000,
 * };
 * ```
 */
export interface InfisicalClientOptions {
  /** Where Infisical answers, with or without a final `/` or `/api`. https, or http on loopback. */
  readonly url: string;
  readonly projectId: string;
  /** The environment's slug in Infisical, for example `prod`. */
  readonly environment: string;
  readonly auth: InfisicalAuth;
  /** For one request, in ms; default 30 000. */
  readonly timeoutMs?: number;
  readonly retry?: {
    /** How many times a request may be repeated; default 5. */
    readonly retries?: number;
    /** The first wait after a failure, in ms, doubled each time; default 250. */
    readonly firstWaitMs?: number;
    /** All waits of one call together, in ms; default 150 000, because a rate limit's window lasts 60 s. */
    readonly maxWaitMs?: number;
  };
  /** Told after each request. `status` is undefined if no answer came. */
  readonly onRequest?: (method: string, path: string, status: number | undefined) => void;
  /** Told before each wait. */
  readonly onWait?: (wait: Wait) => void;
  /** Where a login is shared with other clients of the same identity; default: by nobody. */
  readonly logins?: Logins | undefined;
  /** Ends everything under way: reads throw its reason, a write that was sent throws `unknown-outcome`. */
  readonly signal?: AbortSignal;
}

/**
 * A folder as a list has it.
 *
 * @example
 * ```ts
 * import type { FolderEntry, InfisicalClient } from "console-vault/vault";
 * const namesBelow = async (client: InfisicalClient, path: string) =>
 *   (await client.listFolders(path)).map(({ name }: FolderEntry) => name);
 * ```
 */
export interface FolderEntry {
  readonly id: string;
  readonly name: string;
  /** With a final slash: `/MooseQuest/heroku/`. */
  readonly path: string;
}

/**
 * A pair of a secret's metadata. Its value may be as secret as the secret's: Infisical keeps it encrypted on request.
 *
 * @example
 * ```ts
 * import { type SecretMetadata, SecretValue } from "console-vault/vault";
 * const owner: SecretMetadata = { key: "owner", value: SecretValue.of("payments"), isEncrypted: false };
 * ```
 */
export interface SecretMetadata {
  readonly key: string;
  readonly value: SecretValue;
  readonly isEncrypted: boolean;
}

/**
 * A secret as it was read.
 *
 * @example
 * ```ts
 * import type { SecretEntry } from "console-vault/vault";
 * const sameValue = (one: SecretEntry, other: SecretEntry) => one.value.equals(other.value);
 * ```
 */
export interface SecretEntry {
  readonly name: string;
  /** Of its folder, with a final slash: `/MooseQuest/heroku/`. */
  readonly path: string;
  readonly id: string;
  readonly version: number;
  /** `id@version`: another one after each write, so that it can stand for the value in plans and state. */
  readonly revision: string;
  readonly value: SecretValue;
  readonly comment: string;
  /** Pairs that somebody keeps with it; servers of 2024 have none. */
  readonly metadata: readonly SecretMetadata[];
  readonly tagIds: readonly string[];
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/**
 * A secret as it is written.
 *
 * @example
 * ```ts
 * import { type SecretToWrite, SecretValue } from "console-vault/vault";
 * const secret: SecretToWrite = { name: "HEROKU_API_KEY", value: SecretValue.of("HRKU-1234") };
 * ```
 */
export interface SecretToWrite {
  readonly name: string;
  readonly value: SecretValue;
  /** Left out, as the two below: empty on create, kept on update. */
  readonly comment?: string;
  readonly metadata?: readonly SecretMetadata[];
  readonly tagIds?: readonly string[];
}

/**
 * `approval`: a policy of the project keeps the change until a person approves it; nothing is written yet.
 *
 * @example
 * ```ts
 * import type { WriteResult } from "console-vault/vault";
 * const isWritten = (result: WriteResult) => "written" in result;
 * ```
 */
export type WriteResult = { readonly written: readonly SecretEntry[] } | { readonly approval: true };

/**
 * `deleted` is false if there was nothing to delete.
 *
 * @example
 * ```ts
 * import type { DeleteResult } from "console-vault/vault";
 * const isGone = (result: DeleteResult) => "deleted" in result;
 * ```
 */
export type DeleteResult = { readonly deleted: boolean } | { readonly approval: true };

/** What a write makes: a folder, new secrets of a folder, or new values of secrets that are there. */
export type WriteKind = "folder" | "create" | "update";

/** How many writes of each kind are to come. */
export type ExpectedWrites = Readonly<Record<WriteKind, number>>;

/**
 * One project and one environment of an Infisical server. Every method rejects with an {@link InfisicalError}, whose
 * `kind` says what happened.
 *
 * Reads are repeated when that can help. A write is sent once; if its answer is lost, the client looks what is there.
 *
 * @example
 * ```ts
 * import { type InfisicalClient, SecretValue } from "console-vault/vault";
 * const write = async (client: InfisicalClient, path: string, name: string, value: string) => {
 *   await client.createFolder(path);
 *   return client.createSecrets(path, [{ name, value: SecretValue.of(value) }]);
 * };
 * ```
 */
export interface InfisicalClient {
  /** Says which writes are to come, so that a wait for the server's limit can tell how long all of them take. */
  expectWrites(writes: ExpectedWrites): void;

  /** Whether a server answers at all; needs no token. */
  status(): Promise<{ readonly message: string; readonly date: Date }>;

  /** Of the server's API, once a request of this client, or of one that shares its logins, was answered: `v4` (secrets v4, folders v2) or `v3` (secrets v3, folders v1). */
  apiVersion(): "v4" | "v3" | undefined;

  /** One request that tells apart: unreachable, wrong token, unknown project, unknown environment. */
  checkAccess(): Promise<void>;

  /** Whether the credentials are accepted: logs in, unless it is logged in; with a token, as `checkAccess`. */
  authenticate(): Promise<void>;

  /** The direct children. A missing folder gives none: the server does not tell it from an empty one. */
  listFolders(path: string): Promise<FolderEntry[]>;
  /**
   * What is below a folder, where the server lists it: `complete` is false for one (as of October 2024) that gives the direct
   * children only, whatever it is asked.
   */
  listFolderTree(path: string): Promise<{ readonly folders: readonly FolderEntry[]; readonly complete: boolean }>;
  folderExists(path: string): Promise<boolean>;
  /** Makes the folder, and what is missing above it, unless it is there. @returns its id. */
  createFolder(path: string): Promise<string>;
  /**
   * Deletes an empty folder. Look first: only a server with folders v2 refuses one that has anything in it, with an error of
   * kind `invalid`; an older one deletes it **with everything in it**.
   * @returns false if there was none
   */
  deleteFolder(path: string): Promise<boolean>;

  /**
   * Duplicate rows of a name stay separate entries; personal overrides are left out; references (`${…}`) are as stored.
   * A missing folder has no secrets; an unknown environment is an error.
   */
  listSecrets(path: string, options?: { readonly recursive?: boolean }): Promise<SecretEntry[]>;
  /** @returns undefined if the folder has no such secret; a missing folder is an error of kind `not-found`. */
  getSecret(path: string, name: string): Promise<SecretEntry | undefined>;
  /**
   * All of them or none; a name that exists is an error of kind `conflict`. The folder must exist. What is over 1 MiB together
   * goes in several requests, of which the first may be done when a later one fails.
   */
  createSecrets(path: string, secrets: readonly SecretToWrite[]): Promise<WriteResult>;
  /** All of them or none; each gets a new version, even with the value that it had. */
  updateSecrets(path: string, secrets: readonly SecretToWrite[]): Promise<WriteResult>;
  deleteSecret(path: string, name: string): Promise<DeleteResult>;
}
