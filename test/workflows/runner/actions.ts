// What the ecosystem's actions do, as far as our workflows use them.
import { cpSync, existsSync, mkdirSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, resolve } from "node:path";
import { installed } from "./expressions.js";

export interface ActionCall {
  readonly inputs: Readonly<Record<string, string>>;
  readonly workspace: string;
  /** Content of the commit that the event is about. */
  readonly commit: string;
  /** Where a run's artifacts are kept, by its id. */
  readonly artifacts: (run: number) => string;
  readonly run: number;
  /** GitHub's REST API. */
  readonly api: string | undefined;
  readonly token: string;
  readonly repository: { readonly owner: string; readonly repo: string };
  readonly payload: Readonly<Record<string, unknown>>;
  readonly ref: string;
  readonly sha: string;
}

type Act = (call: ActionCall) => Promise<string> | string;

const checkout: Act = ({ commit, workspace, inputs }) => {
  // Its token would stay in the workspace, for every later step to find.
  if (inputs["persist-credentials"] !== "false") throw new Error("checkout leaves the token behind");
  if (inputs.ref || inputs.repository) throw new Error("the sandbox checks out what the event is about, nothing else");
  cpSync(commit, workspace, { recursive: true, verbatimSymlinks: true });
  return "";
};

const upload: Act = ({ inputs, workspace, artifacts, run }) => {
  const path = resolve(workspace, inputs.path!);
  if (!existsSync(path)) return `no files were found at ${inputs.path}\n`;
  cpSync(path, join(artifacts(run), inputs.name!, basename(path)), { recursive: true, verbatimSymlinks: true });
  return "";
};

const download: Act = ({ inputs, workspace, artifacts }) => {
  const from = artifacts(Number(inputs["run-id"]));
  const pattern = new RegExp(`^${inputs.pattern!.replaceAll("*", ".*")}$`);
  const to = resolve(workspace, inputs.path!);
  mkdirSync(to, { recursive: true });
  for (const name of existsSync(from) ? readdirSync(from) : [])
    if (pattern.test(name)) cpSync(join(from, name), to, { recursive: true, verbatimSymlinks: true });
  return "";
};

interface Github {
  getOctokit(token: string, options: object): object;
}

/** `actions/github-script`: GitHub's own client, and the script as the body of a function. */
const script: Act = async ({ inputs, workspace, api, token, repository, payload, ref, sha }) => {
  const { getOctokit } = await installed<Github>("@actions/github/lib/github.js");
  const octokit = getOctokit(token, { baseUrl: api });
  const log: string[] = [];
  let failed: string | undefined;
  const tell = (kind: string) => (text: string) => void log.push(`${kind}: ${text}\n`);
  const core = {
    notice: tell("notice"),
    warning: tell("warning"),
    info: tell("info"),
    setFailed: (text: string) => {
      failed = text;
    },
  };
  const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor as new (
    ...args: string[]
  ) => (...args: unknown[]) => Promise<unknown>;
  const body = new AsyncFunction("github", "context", "core", "require", inputs.script!);
  const before = process.cwd();
  process.chdir(workspace);
  try {
    await body(octokit, { repo: repository, payload, ref, sha }, core, createRequire(import.meta.url));
  } finally {
    process.chdir(before);
  }
  if (failed !== undefined) throw new Error(failed);
  return log.join("");
};

/** By name, without the commit it is pinned to. */
export const actions: Readonly<Record<string, Act>> = {
  "actions/checkout": checkout,
  "actions/upload-artifact": upload,
  "actions/download-artifact": download,
  "actions/github-script": script,
  // The sandbox has one Node.
  "actions/setup-node": () => "",
};
