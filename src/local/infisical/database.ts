/** The rows of a vault (project, environments, folders, secrets) and the queries that the real server makes on them. */
import { randomUUID } from "node:crypto";
import { databaseError } from "./errors.js";

export interface EnvironmentRow {
  id: string;
  slug: string;
  name: string;
}

export interface FolderRow {
  id: string;
  name: string;
  version: number;
  createdAt: Date;
  updatedAt: Date;
  envId: string;
  /** null: the root folder of an environment. */
  parentId: string | null;
  isReserved: boolean;
  description: string | null;
}

export interface SecretRow {
  id: string;
  folderId: string;
  version: number;
  key: string;
  value: string;
  comment: string;
  reminderNote: string | null;
  reminderRepeatDays: number | null;
  skipMultilineEncoding: boolean;
  metadata: readonly Metadata[];
  tagIds: readonly string[];
  createdAt: Date;
  updatedAt: Date;
}

/** A pair that its owner keeps with a secret; only the current server has them. */
export interface Metadata {
  key: string;
  value: string;
  isEncrypted: boolean;
}

export interface TagRow {
  id: string;
  slug: string;
  name: string;
  color: string | null;
}

export interface Located {
  folder: FolderRow;
  /** As the rows spell it: `/MooseQuest/heroku`, or `/`. */
  path: string;
}

export interface SecretFields {
  key: string;
  value: string;
  comment?: string | undefined;
  reminderNote?: string | null | undefined;
  reminderRepeatDays?: number | null | undefined;
  skipMultilineEncoding?: boolean | undefined;
  metadata?: readonly Metadata[] | undefined;
  tagIds?: readonly string[] | undefined;
}

/** Only one trailing slash goes, as on the real server: `/a//` stays `/a/`, which no folder has. */
export const removeTrailingSlash = (path: string): string =>
  path !== "/" && path.endsWith("/") ? path.slice(0, -1) : path;

const folderName = /^[a-zA-Z0-9_-]+$/;
export const isFolderName = (name: string): boolean => folderName.test(name);
const segmentsOf = (path: string): string[] => path.split("/").filter(Boolean);
/** The longest name that the real server's column takes. */
const maxNameLength = 255;

export class Database {
  readonly environments: EnvironmentRow[] = [];
  readonly folders: FolderRow[] = [];
  readonly secrets: SecretRow[] = [];
  /** Of the whole project. */
  readonly tags: TagRow[] = [];
  readonly createdAt: Date;

  constructor(
    readonly project: { id: string; slug: string; name: string; orgId: string },
    environments: readonly { slug: string; name: string }[],
    private readonly now: () => Date,
  ) {
    this.createdAt = now();
    for (const { slug, name } of environments) {
      const row = { id: randomUUID(), slug, name };
      this.environments.push(row);
      this.insertFolder(row.id, "root", null);
    }
  }

  environment(slug: string): EnvironmentRow | undefined {
    return this.environments.find((row) => row.slug === slug);
  }

  /**
   * The folder at exactly this path, or undefined: also for `MooseQuest` without, or `//MooseQuest` with too many
   * slashes.
   * @throws ApiError 500 `Find by secret path` for a segment outside `[A-Za-z0-9_-]`.
   */
  findByPath(environment: string, path: string): FolderRow | undefined {
    const wanted = removeTrailingSlash(path);
    const found = this.findClosest(environment, wanted);
    return found?.path === wanted ? found.folder : undefined;
  }

  /** The deepest folder on the way to a path; undefined only for an unknown environment. @throws as findByPath. */
  findClosest(environment: string, path: string): Located | undefined {
    const segments = segmentsOf(removeTrailingSlash(path));
    if (!segments.every(isFolderName)) throw databaseError("Find by secret path");
    const env = this.environment(environment);
    if (!env) return undefined;
    const root = this.folders.find((row) => row.envId === env.id && row.parentId === null);
    // Rows of one name can be there twice, so all of them are followed; of equally deep ones the oldest counts.
    let level: Located[] = root ? [{ folder: root, path: "/" }] : [];
    let deepest = level[0];
    for (const segment of segments) {
      level = level.flatMap((parent) =>
        this.children(parent.folder.id)
          .filter((row) => row.name === segment)
          .map((folder) => ({ folder, path: join(parent.path, segment) })),
      );
      deepest = level[0] ?? deepest;
    }
    return deepest;
  }

  children(folderId: string): FolderRow[] {
    return this.folders.filter((row) => row.parentId === folderId);
  }

  /** Every folder of an environment with its path, parents before children. */
  tree(env: EnvironmentRow): Located[] {
    const walk = (folder: FolderRow, path: string): Located[] => [
      { folder, path },
      ...this.children(folder.id).flatMap((child) => walk(child, join(path, child.name))),
    ];
    return this.folders.filter((row) => row.envId === env.id && row.parentId === null).flatMap((row) => walk(row, "/"));
  }

  pathOf(folder: FolderRow): string {
    const parent = this.folders.find((row) => row.id === folder.parentId);
    return parent ? join(this.pathOf(parent), folder.name) : "/";
  }

  /** @throws ApiError 500 `Create` for a name over 255 characters. */
  insertFolder(envId: string, name: string, parentId: string | null, description: string | null = null): FolderRow {
    if (name.length > maxNameLength) throw databaseError("Create");
    const at = this.now();
    const row = {
      id: randomUUID(),
      name,
      version: 1,
      createdAt: at,
      updatedAt: at,
      envId,
      parentId,
      isReserved: false,
    };
    this.folders.push({ ...row, description });
    return this.folders.at(-1)!;
  }

  /** Removes the folder with all that is below it. */
  removeFolder(folder: FolderRow): void {
    for (const child of this.children(folder.id)) this.removeFolder(child);
    remove(this.secrets, (row) => row.folderId === folder.id);
    remove(this.folders, (row) => row === folder);
  }

  secretsIn(folderId: string): SecretRow[] {
    return this.secrets.filter((row) => row.folderId === folderId);
  }

  secretsNamed(folderId: string, keys: readonly string[]): SecretRow[] {
    return this.secretsIn(folderId).filter((row) => keys.includes(row.key));
  }

  insertSecret(folderId: string, fields: SecretFields): SecretRow {
    const at = this.now();
    const row: SecretRow = {
      id: randomUUID(),
      folderId,
      version: 1,
      key: fields.key,
      value: fields.value,
      comment: fields.comment ?? "",
      reminderNote: fields.reminderNote ?? null,
      reminderRepeatDays: fields.reminderRepeatDays ?? null,
      skipMultilineEncoding: fields.skipMultilineEncoding ?? false,
      metadata: fields.metadata ?? [],
      tagIds: fields.tagIds ?? [],
      createdAt: at,
      updatedAt: at,
    };
    this.secrets.push(row);
    return row;
  }

  /** Fields that are undefined stay. The version rises on every call, also when nothing differs. */
  updateSecret(row: SecretRow, fields: Partial<SecretFields>): SecretRow {
    const given = Object.entries(fields).filter(([, value]) => value !== undefined);
    Object.assign(row, Object.fromEntries(given), { version: row.version + 1, updatedAt: this.now() });
    return row;
  }

  /** @returns puts every folder and secret back as it is now, here or in another database with these environments */
  checkpoint(): (into?: Database) => void {
    const folders = structuredClone(this.folders);
    const secrets = structuredClone(this.secrets);
    const slugs = new Map(this.environments.map(({ id, slug }) => [id, slug]));
    return (into = this) => {
      const ids = new Map(into.environments.map(({ id, slug }) => [slug, id]));
      const placed = folders.map((row) => ({ ...structuredClone(row), envId: ids.get(slugs.get(row.envId)!)! }));
      into.folders.splice(0, into.folders.length, ...placed);
      into.secrets.splice(0, into.secrets.length, ...structuredClone(secrets));
    };
  }

  removeSecret(secret: SecretRow): void {
    remove(this.secrets, (row) => row === secret);
  }

  /** Removes every row of these names in the folder, duplicates included. */
  removeSecrets(folderId: string, keys: readonly string[]): SecretRow[] {
    return remove(this.secrets, (row) => row.folderId === folderId && keys.includes(row.key));
  }
}

const join = (parent: string, name: string): string => `${parent === "/" ? "" : parent}/${name}`;

/** Removes from the array itself and gives what was removed. */
export function remove<T>(rows: T[], matches: (row: T) => boolean): T[] {
  const removed = rows.filter(matches);
  const kept = rows.filter((row) => !matches(row));
  rows.splice(0, rows.length, ...kept);
  return removed;
}
