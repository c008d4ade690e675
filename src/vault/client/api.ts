import { InfisicalError } from "./error.js";

/** The routes that are used of one version of Infisical's API, and what their requests must say. */
export interface Api {
  readonly version: "v4" | "v3";
  /** With `/<name>` behind it the route of one secret. */
  readonly secrets: string;
  readonly batch: string;
  readonly folders: string;
  readonly project: (id: string) => Readonly<Record<string, string>>;
  /** Values as they are stored, of this folder alone: sent also where it is the server's default. */
  readonly asStored: Readonly<Record<string, string>>;
  /** For a list besides: only what is shared by everybody. */
  readonly shared: Readonly<Record<string, string>>;
  /** For the deletion of a folder. */
  readonly deletion: Readonly<Record<string, boolean>>;
}

/**
 * Secrets v4 and folders v2. The list takes imports along and fills in references unless told not to; its option for imports
 * had another spelling at first (both routers are in Infisical's repository: backend/src/server/routes/v4 and v2).
 */
export const newest: Api = {
  version: "v4",
  secrets: "/api/v4/secrets",
  batch: "/api/v4/secrets/batch",
  folders: "/api/v2/folders",
  project: (projectId) => ({ projectId }),
  asStored: {
    viewSecretValue: "true",
    expandSecretReferences: "false",
    includeImports: "false",
    include_imports: "false",
  },
  shared: { includePersonalOverrides: "false" },
  deletion: { forceDelete: false },
};

/** Secrets v3 and folders v1: what a server of October 2024 has, and newer ones call deprecated. */
export const older: Api = {
  version: "v3",
  secrets: "/api/v3/secrets/raw",
  batch: "/api/v3/secrets/batch/raw",
  folders: "/api/v1/folders",
  project: (workspaceId) => ({ workspaceId }),
  asStored: { expandSecretReferences: "false", include_imports: "false" },
  shared: {},
  deletion: {},
};

/** Which version a server has. */
export interface ApiChoice {
  /** Undefined until a request was answered. */
  chosen(): Api["version"] | undefined;
  /** Reads with the newest version that the server has. */
  read<Result>(work: (api: Api) => Promise<Result>): Promise<Result>;
  /** Writes with it. */
  write<Result>(work: (api: Api) => Promise<Result>): Promise<Result>;
}

/** Where a client's requests go. */
export interface Place {
  readonly apis: ApiChoice;
  readonly projectId: string;
  readonly environment: string;
}

/**
 * The first request is the probe: a server without its route says so, and has done nothing. So a server with the newest
 * version is asked nothing more, an older one a single request. What is asked while a read is the first waits for its answer;
 * nothing waits for a write, because one that lost its answer reads in order to see whether it was done.
 * @param onChosen told once, when an answer has shown which one it is
 */
export function createApiChoice(onChosen: (version: Api["version"]) => void = () => {}): ApiChoice {
  let chosen: Api | undefined;
  const choose = (api: Api) => {
    if (chosen) return;
    chosen = api;
    onChosen(api.version);
  };
  let first: Promise<unknown> | undefined;

  async function withFallback<Result>(work: (api: Api) => Promise<Result>): Promise<Result> {
    try {
      const result = await work(newest);
      choose(newest);
      return result;
    } catch (error) {
      if (!isMissingRoute(error)) throw error;
    }
    const result = await work(older);
    choose(older);
    return result;
  }

  async function use<Result>(work: (api: Api) => Promise<Result>): Promise<Result> {
    if (!chosen) await first?.catch(() => undefined);
    return chosen === older ? work(older) : withFallback(work);
  }

  return {
    chosen: () => chosen?.version,
    read: (work) => {
      const result = use(work);
      first ??= result;
      return result;
    },
    write: use,
  };
}

/** Whether a server said that it has no such route: the request was not handled. */
export const isMissingRoute = (error: unknown): boolean =>
  error instanceof InfisicalError && error.kind === "unreachable" && error.status === 404;
