/** What of a workflow file the sandbox knows; anything else in one makes it refuse. */
export interface Step {
  readonly id?: string;
  readonly name?: string;
  readonly if?: unknown;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly run?: string;
  readonly shell?: string;
  readonly env?: Readonly<Record<string, unknown>>;
  readonly "working-directory"?: string;
}

export interface Job {
  readonly name?: string;
  readonly if?: unknown;
  readonly needs?: string | readonly string[];
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly unknown[]>>; readonly "fail-fast"?: boolean };
  readonly outputs?: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string };
  readonly steps: readonly Step[];
  readonly "runs-on": string;
  readonly "timeout-minutes"?: number;
}

export interface Workflow {
  readonly name: string;
  readonly on: unknown;
  readonly permissions: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string };
  readonly jobs: Readonly<Record<string, Job>>;
}

export interface Action {
  readonly name: string;
  readonly inputs: Readonly<Record<string, { readonly required?: boolean; readonly default?: string }>>;
  readonly outputs: Readonly<Record<string, { readonly value: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

/** What happened on GitHub. */
export interface GithubEvent {
  readonly name: "pull_request" | "workflow_run" | "push" | "schedule" | "workflow_dispatch";
  readonly payload: Readonly<Record<string, unknown>>;
  readonly ref: string;
  readonly sha: string;
}

export type Result = "success" | "failure" | "skipped";

export interface JobRun {
  /** As GitHub shows it: the job's key, and its matrix' values. */
  readonly name: string;
  readonly result: Result;
  readonly outputs: Readonly<Record<string, string>>;
  /** What its steps printed. */
  readonly log: string;
  /** Markdown of its page. */
  readonly summary: string;
  /** Environments of every shell step, as the shell got them. */
  readonly environments: readonly Readonly<Record<string, string>>[];
}

export interface WorkflowRun {
  readonly id: number;
  readonly result: "success" | "failure";
  readonly jobs: readonly JobRun[];
}
