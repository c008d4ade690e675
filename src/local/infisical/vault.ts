/** A handle on the database behind the server: what a test, or "somebody else", sees and changes without asking it. */
import { randomBytes, randomUUID } from "node:crypto";
import type { VaultChange } from "../faults.js";
import type { Accounts } from "./accounts.js";
import { type Database, type FolderRow, type Metadata, removeTrailingSlash, type SecretRow } from "./database.js";
import type { ParsedSeed, Role, ServiceTokenSeed } from "./seed.js";

export interface StoredSecret {
  id: string;
  version: number;
  name: string;
  value: string;
  comment: string;
  metadata: readonly Metadata[];
  tagIds: readonly string[];
  /** Of its folder: `/MooseQuest/heroku`. */
  path: string;
  createdAt: Date;
  updatedAt: Date;
}

export interface IdentityOptions {
  role?: Role;
  /** Seconds, as everywhere below. */
  accessTokenTTL?: number;
  accessTokenMaxTTL?: number;
  clientSecretTTL?: number;
  clientSecretNumUsesLimit?: number;
}

export interface LocalIdentity {
  clientId: string;
  clientSecret: string;
  /** An access token of it, ready for use. */
  accessToken: string;
}

export class Vault {
  constructor(
    private readonly database: Database,
    private readonly accounts: Accounts,
    private readonly approvalPaths: Set<string>,
  ) {}

  get project(): { id: string; slug: string; name: string } {
    const { id, slug, name } = this.database.project;
    return { id, slug, name };
  }

  /** The rows of one folder, duplicates included; none for a folder that does not exist. */
  secrets(environment: string, path: string): StoredSecret[] {
    const folder = this.database.findByPath(environment, path);
    return folder ? this.database.secretsIn(folder.id).map((row) => this.#stored(row, path)) : [];
  }

  /** Every row of an environment. */
  allSecrets(environment: string): StoredSecret[] {
    return this.#tree(environment).flatMap(({ folder, path }) =>
      this.database.secretsIn(folder.id).map((row) => this.#stored(row, path)),
    );
  }

  /** The value of a name, or undefined. */
  value(environment: string, path: string, name: string): string | undefined {
    return this.secrets(environment, path).find((row) => row.name === name)?.value;
  }

  /** Paths of all folders of an environment but `/`. A path is there twice when its folder is. */
  folders(environment: string): string[] {
    return this.#tree(environment)
      .map(({ path }) => path)
      .filter((path) => path !== "/");
  }

  /** Rows of an environment. */
  count(environment: string): { folders: number; secrets: number } {
    return { folders: this.folders(environment).length, secrets: this.allSecrets(environment).length };
  }

  /** Writes as somebody else: makes the folder if missing, raises the version of a name that is there. */
  write(
    environment: string,
    path: string,
    name: string,
    value: string,
    comment?: string,
    more: { metadata?: readonly Metadata[]; tagIds?: readonly string[] } = {},
  ): StoredSecret {
    const folder = this.#makeFolder(environment, path);
    const [existing] = this.database.secretsNamed(folder.id, [name]);
    const fields = { key: name, value, comment, ...more };
    const row = existing ? this.database.updateSecret(existing, fields) : this.database.insertSecret(folder.id, fields);
    return this.#stored(row, path);
  }

  /** Adds a second row of a name, as a race of two creates leaves it. */
  writeDuplicate(environment: string, path: string, name: string, value: string): StoredSecret {
    return this.#stored(this.database.insertSecret(this.#makeFolder(environment, path).id, { key: name, value }), path);
  }

  /** Deletes all rows of a name but the oldest. */
  deleteDuplicates(environment: string, path: string, name: string): void {
    const folder = this.database.findByPath(environment, path);
    for (const row of folder ? this.database.secretsNamed(folder.id, [name]).slice(1) : [])
      this.database.removeSecret(row);
  }

  /** Deletes all rows of a name; whether there were any. */
  delete(environment: string, path: string, name: string): boolean {
    const folder = this.database.findByPath(environment, path);
    return folder !== undefined && this.database.removeSecrets(folder.id, [name]).length > 0;
  }

  /** A tag of the project; @returns its id, to be given to {@link write}. */
  addTag(slug: string): string {
    const id = randomUUID();
    this.database.tags.push({ id, slug, name: slug, color: null });
    return id;
  }

  createFolder(environment: string, path: string): void {
    this.#makeFolder(environment, path);
  }

  /** With everything in it; whether there was one. */
  deleteFolder(environment: string, path: string): boolean {
    const folder = this.database.findByPath(environment, path);
    if (!folder || folder.parentId === null) return false;
    this.database.removeFolder(folder);
    return true;
  }

  /** Turns the need of an approval on or off for a folder path or glob. */
  requireApproval(path: string, needed = true): void {
    if (needed) this.approvalPaths.add(path);
    else this.approvalPaths.delete(path);
  }

  /** What a fault asks for, in every environment. A change of something that is not there is none. */
  change(change: VaultChange): void {
    if (change.change === "tokens-expire") this.accounts.expireAll(change.as ?? "max-ttl");
    if (change.change === "approval-needed") this.requireApproval(change.path);
    for (const { slug } of this.database.environments) {
      if (change.change === "folder-vanishes") this.deleteFolder(slug, change.path);
      if (change.change === "row-duplicated") {
        const value = this.value(slug, change.path, change.name);
        if (value !== undefined) this.writeDuplicate(slug, change.path, change.name, value);
      }
    }
  }

  /** @returns puts folders, secrets and the need of approvals back as they are now; accounts and their tokens stay */
  checkpoint(): (into?: Vault) => void {
    const back = this.database.checkpoint();
    const approvals = [...this.approvalPaths];
    return (into = this) => {
      back(into.database);
      into.approvalPaths.clear();
      for (const path of approvals) into.approvalPaths.add(path);
    };
  }

  /** A new machine identity; by default an admin. */
  addIdentity({ role = "admin", ...lifetimes }: IdentityOptions = {}): LocalIdentity {
    const clientId = randomUUID();
    const clientSecret = randomBytes(32).toString("hex");
    this.accounts.addIdentity({ clientId, clientSecret, role, ...lifetimes });
    return { clientId, clientSecret, accessToken: this.accounts.issue(clientId).accessToken };
  }

  /** A new service token. */
  addServiceToken(options: Omit<ServiceTokenSeed, "token">): string {
    const token = `st.${randomUUID()}.${randomBytes(16).toString("hex")}`;
    this.accounts.addServiceToken({ ...options, token });
    return token;
  }

  #tree(environment: string) {
    return this.database.tree(this.#environment(environment));
  }

  #environment(slug: string) {
    const env = this.database.environment(slug);
    if (!env) throw new Error(`the local vault has no environment ${slug}`);
    return env;
  }

  #makeFolder(environment: string, path: string): FolderRow {
    const env = this.#environment(environment);
    const { folder, path: found } = this.database.findClosest(environment, path)!;
    const missing = removeTrailingSlash(path).slice(found.length).split("/").filter(Boolean);
    return missing.reduce((parent, name) => this.database.insertFolder(env.id, name, parent.id), folder);
  }

  #stored(row: SecretRow, path: string): StoredSecret {
    const { id, version, key, value, comment, metadata, tagIds, createdAt, updatedAt } = row;
    const at = removeTrailingSlash(path);
    return { id, version, name: key, value, comment, metadata, tagIds, path: at, createdAt, updatedAt };
  }
}

/** Puts what a seed names into the database. @throws Error for an unknown environment or client id. */
export function plant(seed: ParsedSeed, vault: Vault, accounts: Accounts): void {
  for (const identity of seed.identities) accounts.addIdentity(identity);
  for (const token of seed.serviceTokens) accounts.addServiceToken(token);
  for (const { token, clientId } of seed.accessTokens) accounts.addFixedToken(token, clientId);
  for (const [environment, paths] of Object.entries(seed.folders)) {
    for (const path of paths) vault.createFolder(environment, path);
  }
  for (const [environment, folders] of Object.entries(seed.secrets)) {
    for (const [path, secrets] of Object.entries(folders)) {
      vault.createFolder(environment, path);
      for (const [name, secret] of Object.entries(secrets)) {
        const { value, comment } = typeof secret === "string" ? { value: secret, comment: "" } : secret;
        vault.write(environment, path, name, value, comment);
      }
    }
  }
  for (const path of seed.approvalPaths) vault.requireApproval(path);
}
