// Runs the project's workflows as GitHub would, without a container: GitHub's own expression language, every shell step in a bash
// with an environment of its own, and stand-ins for what the ecosystem's actions do.
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parse } from "yaml";
import { actions } from "./actions.js";
import { type Contexts, GithubExpressions, type Progress } from "./expressions.js";
import { programs, runShell } from "./shell.js";
import type { Action, GithubEvent, Job, JobRun, Result, Step, Workflow, WorkflowRun } from "./types.js";

export type { GithubEvent, JobRun, Workflow, WorkflowRun } from "./types.js";

export interface RepositoryOptions {
  readonly owner: string;
  readonly repo: string;
  /** Secrets by the environment that holds them. */
  readonly secrets: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly vars: Readonly<Record<string, string>>;
  /** GitHub's REST API. */
  readonly api?: string;
  /** Asked for each job with an environment that has reviewers. */
  readonly approve?: (environment: string) => boolean;
}

export interface RunOptions {
  /** Directory with the content of the commit that the event is about; the workflow is read from it. */
  readonly commit: string;
  readonly event: GithubEvent;
  /** Of a pull request: GitHub gives it no secrets, and a token that only reads. */
  readonly fork?: boolean;
  /** Where another repository's action is, by its name. */
  readonly actions?: Readonly<Record<string, string>>;
}

interface Running {
  readonly options: RunOptions;
  readonly id: number;
  readonly dir: string;
  readonly workspace: string;
  /** Of the job, with its matrix, and of an action while its steps run. */
  readonly contexts: Contexts;
  readonly variables: Readonly<Record<string, string>>;
  readonly actionPath: string | undefined;
  readonly log: string[];
  readonly summary: string[];
  readonly environments: Readonly<Record<string, string>>[];
}

export class Repository {
  /** Environments whose reviewers were asked, in order. */
  readonly asked: string[] = [];
  readonly token = "ghs_theWorkflowsOwnToken0123456789abcdef";
  #runs = 0;
  #steps = 0;

  private constructor(
    private readonly options: RepositoryOptions,
    private readonly expressions: GithubExpressions,
    readonly dir: string,
  ) {}

  static async open(options: RepositoryOptions): Promise<Repository> {
    const dir = mkdtempSync(join(realpathSync(tmpdir()), "console-vault-workflow-"));
    programs(join(dir, "bin"));
    return new Repository(options, await GithubExpressions.open(), dir);
  }

  close(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }

  artifacts = (run: number): string => join(this.dir, "artifacts", String(run));

  async run(file: string, options: RunOptions): Promise<WorkflowRun> {
    const id = ++this.#runs;
    const workflow = parse(readFileSync(join(options.commit, ".github/workflows", file), "utf8")) as Workflow;
    const jobs: JobRun[] = [];
    const needs: Record<string, { result: Result; outputs: Readonly<Record<string, string>> }> = {};
    for (const [key, job] of Object.entries(workflow.jobs)) {
      const runs = await this.#job(key, job, id, options, needs);
      jobs.push(...runs);
      const worst = (["failure", "skipped", "success"] as const).find((one) =>
        runs.some(({ result }) => result === one),
      )!;
      needs[key] = { result: worst, outputs: Object.assign({}, ...runs.map(({ outputs }) => outputs)) };
    }
    return { id, jobs, result: jobs.some(({ result }) => result === "failure") ? "failure" : "success" };
  }

  async #job(key: string, job: Job, id: number, options: RunOptions, all: Contexts): Promise<JobRun[]> {
    const needs = Object.fromEntries([job.needs ?? []].flat().map((name) => [name, all[name]]));
    const before = Object.values(needs).every((one) => (one as { result: Result }).result === "success");
    const { owner, repo } = this.options;
    const { event } = options;
    const github = {
      event_name: event.name,
      event: event.payload,
      ref: event.ref,
      sha: event.sha,
      repository: `${owner}/${repo}`,
      run_id: id,
      token: this.token,
    };
    const own = job.environment === undefined || options.fork ? {} : (this.options.secrets[job.environment] ?? {});
    const contexts = {
      github,
      needs,
      vars: this.options.vars,
      secrets: { GITHUB_TOKEN: this.token, ...own },
      env: {},
      matrix: {},
      steps: {},
      inputs: {},
      runner: {},
    };
    const skipped = { name: key, result: "skipped", outputs: {}, log: "", summary: "", environments: [] } as const;
    if (!this.expressions.holds(job.if, contexts, before ? "success" : "failure")) return [skipped];
    const runs = combinations(job.strategy?.matrix).map(async (matrix): Promise<JobRun> => {
      const name = [key, ...Object.values(matrix)].join(" ");
      if (job.environment !== undefined && !this.#approved(job.environment))
        return { ...skipped, name, result: "failure" };
      return this.#jobRun(name, job, id, options, { ...contexts, matrix });
    });
    return Promise.all(runs);
  }

  #approved(environment: string): boolean {
    const { approve } = this.options;
    if (!approve) return true;
    this.asked.push(environment);
    return approve(environment);
  }

  async #jobRun(name: string, job: Job, id: number, options: RunOptions, contexts: Contexts): Promise<JobRun> {
    const dir = join(this.dir, "jobs", String(++this.#steps));
    const workspace = join(dir, "workspace");
    for (const made of [workspace, join(dir, "temp"), join(dir, "home")]) mkdirSync(made, { recursive: true });
    const { event } = options;
    const { owner, repo } = this.options;
    const running: Running = {
      options,
      id,
      dir,
      workspace,
      contexts,
      variables: {
        PATH: `${join(this.dir, "bin")}:/usr/bin:/bin`,
        HOME: join(dir, "home"),
        CI: "true",
        GITHUB_ACTIONS: "true",
        GITHUB_EVENT_NAME: event.name,
        GITHUB_REF: event.ref,
        GITHUB_REPOSITORY: `${owner}/${repo}`,
        GITHUB_RUN_ID: String(id),
        GITHUB_SHA: event.sha,
        GITHUB_WORKSPACE: workspace,
        RUNNER_TEMP: join(dir, "temp"),
      },
      actionPath: undefined,
      log: [],
      summary: [],
      environments: [],
    };
    const { progress, steps } = await this.#sequence(job.steps, running);
    const after = { ...contexts, steps };
    const outputs = Object.entries(job.outputs ?? {}).map(([key, text]) => [
      key,
      this.expressions.fill(text, after, progress),
    ]);
    return {
      name,
      result: progress,
      outputs: Object.fromEntries(outputs) as Record<string, string>,
      log: running.log.join(""),
      summary: running.summary.join("\n"),
      environments: running.environments,
    };
  }

  /** Steps in their order, of a job or of an action. */
  async #sequence(list: readonly Step[], running: Running) {
    const steps: Record<string, { outputs: Readonly<Record<string, string>>; outcome: Result }> = {};
    let progress: Progress = "success";
    for (const step of list) {
      const here: Running = { ...running, contexts: { ...running.contexts, steps } };
      if (!this.expressions.holds(step.if, here.contexts, progress)) {
        if (step.id) steps[step.id] = { outputs: {}, outcome: "skipped" };
        continue;
      }
      const { ok, outputs } = await this.#step(step, here);
      if (!ok) progress = "failure";
      if (step.id) steps[step.id] = { outputs, outcome: ok ? "success" : "failure" };
    }
    return { progress, steps };
  }

  async #step(step: Step, running: Running): Promise<{ ok: boolean; outputs: Readonly<Record<string, string>> }> {
    const fill = (text: unknown) => this.expressions.fill(String(text), running.contexts, "success");
    const filled = (bag: Readonly<Record<string, unknown>> = {}) =>
      Object.fromEntries(Object.entries(bag).map(([key, value]) => [key, fill(value)]));
    if (step.uses !== undefined) return this.#uses(step.uses, filled(step.with), running);
    const env: Record<string, string> = { ...running.variables, ...filled(step.env) };
    if (running.actionPath !== undefined) env.GITHUB_ACTION_PATH = running.actionPath;
    const {
      code,
      log,
      outputs,
      summary,
      env: whole,
    } = await runShell({
      script: fill(step.run),
      cwd: resolve(running.workspace, fill(step["working-directory"] ?? ".")),
      env,
      temp: join(running.dir, "steps", String(++this.#steps)),
    });
    running.environments.push(whole);
    running.log.push(log);
    if (summary !== "") running.summary.push(summary);
    return { ok: code === 0, outputs };
  }

  async #uses(uses: string, inputs: Readonly<Record<string, string>>, running: Running) {
    const [name = ""] = uses.split("@");
    const known = actions[name];
    if (known) {
      const { commit, event } = running.options;
      const { owner, repo, api } = this.options;
      try {
        const call = { workspace: running.workspace, commit, artifacts: this.artifacts, run: running.id, api };
        const { payload, ref, sha } = event;
        const rest = { inputs, token: this.token, repository: { owner, repo }, payload, ref, sha };
        running.log.push(await known({ ...call, ...rest }));
        return { ok: true, outputs: {} };
      } catch (error) {
        running.log.push(`${name}: ${(error as Error).message}\n`);
        return { ok: false, outputs: {} };
      }
    }
    const path = name.startsWith("./") ? resolve(running.workspace, name) : running.options.actions?.[name];
    if (path === undefined) throw new Error(`the sandbox does not know the action ${name}`);
    return this.#composite(path, inputs, running);
  }

  async #composite(path: string, given: Readonly<Record<string, string>>, running: Running) {
    const action = parse(readFileSync(join(path, "action.yml"), "utf8")) as Action;
    const inputs: Record<string, string> = {};
    for (const [key, { required, default: fallback }] of Object.entries(action.inputs)) {
      if (required && given[key] === undefined) throw new Error(`${action.name} needs ${key}`);
      inputs[key] = given[key] ?? fallback ?? "";
    }
    // An action sees neither the secrets nor the variables of the workflow that uses it.
    const { secrets: _secrets, vars: _vars, needs: _needs, ...shared } = running.contexts;
    const github = { ...(shared.github as object), action_path: path };
    const inside: Running = { ...running, actionPath: path, contexts: { ...shared, github, inputs, steps: {} } };
    const { progress, steps } = await this.#sequence(action.runs.steps, inside);
    const outputs = Object.entries(action.outputs).map(([key, { value }]) => [
      key,
      this.expressions.fill(value, { ...inside.contexts, steps }, progress),
    ]);
    return { ok: progress === "success", outputs: Object.fromEntries(outputs) as Record<string, string> };
  }
}

/** `{stack: ["staging", "prod"]}` to two; without a matrix to one that is empty. */
function combinations(matrix: Readonly<Record<string, readonly unknown[]>> = {}): Record<string, string>[] {
  return Object.entries(matrix).reduce<Record<string, string>[]>(
    (all, [key, values]) => all.flatMap((one) => values.map((value) => ({ ...one, [key]: String(value) }))),
    [{}],
  );
}
