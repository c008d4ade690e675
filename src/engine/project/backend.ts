import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { EngineError, type StackLocation } from "../port.js";
import { isThere, readIfThere } from "./files.js";

/** The environment of a run: the process's, with what the location adds. */
export const runEnvironment = (location: StackLocation): NodeJS.ProcessEnv => ({ ...process.env, ...location.env });

interface ChosenBackend {
  readonly url: string;
  readonly source: "PULUMI_BACKEND_URL" | "backend.url of Pulumi.yaml";
  /** Of files on this machine; else a service, which keeps state and locks itself. */
  readonly isFiles: boolean;
  /** Its kind, to be printed: a URL may hold credentials. */
  readonly kind: string;
}

/** The backend that somebody chose for a stack; undefined where nobody did. */
export function chosenBackend(location: StackLocation, backendUrl: string | undefined): ChosenBackend | undefined {
  const url = runEnvironment(location).PULUMI_BACKEND_URL || backendUrl;
  if (url === undefined) return undefined;
  const source = url === backendUrl ? "backend.url of Pulumi.yaml" : "PULUMI_BACKEND_URL";
  return { url, source, isFiles: url.startsWith("file://"), kind: url.replace(/:\/\/.*/, "://…") };
}

/**
 * The directory that holds the `.pulumi` of a stack: PULUMI_BACKEND_URL, else Pulumi.yaml's backend.url, else the project's own.
 * @throws EngineError for a backend that is not a directory.
 */
export function stateDirectory(location: StackLocation, backendUrl: string | undefined): string {
  const chosen = chosenBackend(location, backendUrl);
  if (chosen === undefined) return resolve(location.projectDir);
  const { url, source } = chosen;
  if (!chosen.isFiles) {
    throw new EngineError(
      `The embedded engine keeps state in files only, not in ${withoutCredentials(url)} (${source}): use --engine pulumi, or set PULUMI_BACKEND_URL to file://<directory>.`,
    );
  }
  const path = decodeURIComponent(url.slice("file://".length).replace(/\?.*$/, ""));
  if (path === "~" || path.startsWith("~/")) return resolve(homedir(), path.slice(2));
  return resolve(location.projectDir, path);
}

const withoutCredentials = (url: string): string => url.replace(/\/\/[^@/]*@/, "//").replace(/\?.*$/, "");

/**
 * Where the CLI is to keep a stack that nobody chose a backend for: in the project's own directory, unless {@link goesByLogin}.
 */
export async function cliBackend(
  location: StackLocation,
  project: { name: string; backendUrl: string | undefined },
): Promise<Record<string, string>> {
  if (chosenBackend(location, project.backendUrl) || (await goesByLogin(location, project))) return {};
  return { PULUMI_BACKEND_URL: pathToFileURL(resolve(location.projectDir)).href };
}

/**
 * Whether the CLI keeps a stack where it is logged in: nobody chose a backend, and the stack's state is not in the project's own
 * directory already.
 */
export async function goesByLogin(
  location: StackLocation,
  project: { name: string; backendUrl: string | undefined },
): Promise<boolean> {
  if (chosenBackend(location, project.backendUrl)) return false;
  const own = join(resolve(location.projectDir), ".pulumi", "stacks", project.name, `${location.stack}.json`);
  return !(await isThere(own)) && (await isLoggedIn(runEnvironment(location)));
}

async function isLoggedIn(env: NodeJS.ProcessEnv): Promise<boolean> {
  if ((env.PULUMI_ACCESS_TOKEN ?? "") !== "") return true;
  const path = join(env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "credentials.json");
  try {
    const text = (await readIfThere(path)) ?? "{}";
    return Boolean((JSON.parse(text) as { current?: string } | null)?.current);
  } catch (error) {
    const why = error instanceof SyntaxError ? "no JSON" : (error as NodeJS.ErrnoException).code;
    throw new EngineError(
      `Where the Pulumi CLI is logged in is not known: ${path} cannot be read (${why}). Say where states are kept, with PULUMI_BACKEND_URL.`,
    );
  }
}
