import { stat } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, resolve } from "node:path";
import { isMap } from "yaml";
import { EngineError, type StackLocation } from "../port.js";
import { type ConfigDeclaration, declaration } from "./declarations.js";
import { entries, readYaml, text } from "./yaml.js";

/** What an engine has to know of `Pulumi.yaml`. */
export interface Project {
  name: string;
  /** Working directory of the program and of its dynamic providers. */
  programDir: string;
  /** What to run there; `.` leaves it to the program's package.json. */
  entryPoint: string;
  /** `Pulumi.<stack>.yaml` */
  stackFile: string;
  /** The `backend.url`, as it stands. */
  backendUrl: string | undefined;
  nodeArgs: string[];
  typescript: boolean;
  tsconfig: string | undefined;
  alwaysRefresh: boolean;
  config: ConfigDeclaration[];
}

/** Top-level keys that change what a run does and that the embedded engine does not have. */
const unsupported = ["plugins", "policies"];

/** @param anyRuntime read no more than the CLI needs; otherwise what the embedded engine does not support is refused. */
export async function readProject({ projectDir, stack }: StackLocation, { anyRuntime = false } = {}): Promise<Project> {
  const path = await projectFile(projectDir);
  const yaml = await readYaml(path);
  if (yaml === undefined) throw new EngineError(`There is no Pulumi.yaml in ${projectDir}.`);
  const { document } = yaml;
  const name = text(document, ["name"], path);
  if (name === undefined) throw new EngineError(`${path}: name is missing.`);
  for (const key of unsupported) {
    if (!anyRuntime && document.has(key))
      throw new EngineError(`${path}: the embedded engine does not support "${key}": use --engine pulumi.`);
  }
  const runtime: unknown = document.get("runtime");
  const language = isMap(runtime) ? text(document, ["runtime", "name"], path) : text(document, ["runtime"], path);
  if (language !== "nodejs" && !anyRuntime) {
    throw new EngineError(
      `${path}: the embedded engine runs nodejs programs only, not ${language ?? "a missing runtime"}: use --engine pulumi.`,
    );
  }
  const option = (key: string): unknown => (isMap(runtime) ? document.getIn(["runtime", "options", key]) : undefined);
  const { programDir, entryPoint } = await locateProgram(projectDir, text(document, ["main"], path));
  return {
    name,
    programDir,
    entryPoint,
    stackFile: join(projectDir, text(document, ["stackConfigDir"], path) ?? "", `Pulumi.${stack}.yaml`),
    backendUrl: text(document, ["backend", "url"], path),
    nodeArgs: String(option("nodeargs") ?? "")
      .split(/\s+/)
      .filter((arg) => arg !== ""),
    typescript: option("typescript") !== false,
    tsconfig: option("tsconfig") === undefined ? undefined : String(option("tsconfig")),
    alwaysRefresh: document.getIn(["options", "refresh"]) === "always",
    config: anyRuntime
      ? []
      : entries(document.get("config", true), path, "config").map(([key, node]) => declaration(name, key, node)),
  };
}

async function projectFile(projectDir: string): Promise<string> {
  for (const name of ["Pulumi.yaml", "Pulumi.yml"]) {
    const path = join(projectDir, name);
    if (
      await stat(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  throw new EngineError(`There is no Pulumi.yaml in ${projectDir}.`);
}

async function locateProgram(projectDir: string, main: string | undefined) {
  if (main === undefined) return { programDir: resolve(projectDir), entryPoint: "." };
  const path = isAbsolute(main) ? main : resolve(projectDir, main);
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new EngineError(`The program ${path} (main of Pulumi.yaml) does not exist.`);
  return found.isDirectory()
    ? { programDir: path, entryPoint: "." }
    : { programDir: dirname(path), entryPoint: basename(path) };
}
