// What happens when somebody opens a pull request: a friend, a stranger, and somebody with bad intentions.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type LocalServices, startLocal } from "../../src/local/index.js";
import { Commit } from "./commits.js";
import { startGithub } from "./githubApi.js";
import { type GithubEvent, Repository, type WorkflowRun } from "./runner/index.js";
import { startTools, type Tools } from "./tools.js";

const repository = { owner: "raxx", repo: "vault" };
const sha = (letter: string) => letter.repeat(40);

let services: LocalServices;
let github: Awaited<ReturnType<typeof startGithub>>;
let repo: Repository;
let tools: Tools;
let base: Commit;

/** Everything that must not be found where a pull request's code runs. */
const secrets = () => [repo.token, ...Object.values(held()), services.env.HEROKU_API_KEY!];
const held = () => ({
  INFISICAL_CLIENT_ID: "id-of-the-machine-identity",
  INFISICAL_CLIENT_SECRET: "secret-of-the-machine-identity",
  HEROKU_API_KEY: "key-of-the-heroku-account",
  PULUMI_ACCESS_TOKEN: "pul-token-of-the-state",
  PULUMI_CONFIG_PASSPHRASE: "passphrase-of-the-state",
});

beforeAll(async () => {
  services = await startLocal();
  github = await startGithub([
    { number: 7, head: { label: "raxx:turn-it-on", sha: sha("b") } },
    { number: 8, head: { label: "stranger:main", sha: sha("c") } },
  ]);
  const environments = ["staging", "prod", "observe", "live-preview"];
  repo = await Repository.open({
    ...repository,
    api: github.url,
    vars: { PULUMI_BACKEND_URL: "s3://states" },
    secrets: Object.fromEntries(environments.map((name) => [name, held()])),
  });
  tools = await startTools(join(repo.dir, "tools"));
  const urls = { infisicalUrl: services.env.INFISICAL_API_URL, herokuApiUrl: services.env.HEROKU_API_URL };
  base = Commit.make(join(repo.dir, "main"), urls, tools.pins);
});
afterAll(async () => {
  repo?.close();
  await github?.close();
  await tools?.close();
  await services?.close();
});

const opened = (number: number, head: string): GithubEvent => ({
  name: "pull_request",
  payload: { action: "opened", pull_request: { number } },
  ref: `refs/pull/${number}/merge`,
  sha: sha(head),
});

interface Triggered {
  readonly owner: string;
  readonly branch: string;
  readonly head: string;
  readonly path?: string;
}

/** What GitHub tells when a preview has ended. From a fork it names no pull request. */
function ended(
  run: WorkflowRun,
  { owner, branch, head, path = ".github/workflows/preview.yml" }: Triggered,
): GithubEvent {
  const workflow_run = {
    id: run.id,
    event: "pull_request",
    path,
    head_branch: branch,
    head_sha: sha(head),
    head_repository: { owner: { login: owner } },
    html_url: `https://github.example/raxx/vault/actions/runs/${run.id}`,
    pull_requests: [],
  };
  return { name: "workflow_run", payload: { workflow_run }, ref: "refs/heads/main", sha: sha("a") };
}

const comment = (run: WorkflowRun, triggered: Triggered) =>
  repo.run("preview-comment.yml", { commit: base.dir, event: ended(run, triggered) });

const friend: Triggered = { owner: "raxx", branch: "turn-it-on", head: "b" };

describe("a pull request that turns staging's flag on", () => {
  let run: WorkflowRun;
  let commit: Commit;

  beforeAll(async () => {
    commit = base.next(join(repo.dir, "turn-it-on")).set("staging", "vaultEnvAware", true);
    run = await repo.run("preview.yml", { commit: commit.dir, event: opened(7, "b") });
  });

  test("is previewed for both stacks, with what it would do on the job's page", () => {
    expect(run.jobs.map(({ name, result }) => [name, result])).toEqual([
      ["offline staging", "success"],
      ["offline prod", "success"],
    ]);
    const [staging, prod] = run.jobs;
    expect(staging!.summary).toMatch(
      /Flag `FLAG_CONSOLE_VAULT_ENV_AWARE` on `raxx-console-staging`: unknown → \*\*on\*\*/,
    );
    expect(staging!.summary).toMatch(
      /What the last update of staging left: there is no state in the project's directory/,
    );
    expect(prod!.summary).toMatch(/raxx-console-prod`: unknown → \*\*off\*\*/);
  });

  test("asks neither service anything", () => {
    expect(services.control.requests).toEqual([]);
  });

  test("gets one comment per stack", async () => {
    expect((await comment(run, friend)).result).toBe("success");
    const comments = github.comments(7);
    expect(comments.map(({ body }) => body.split("\n")[0])).toEqual([
      "<!-- console-vault: staging -->",
      "<!-- console-vault: prod -->",
    ]);
    expect(comments[0]!.body).toContain("unknown → **on**");
    expect(comments[0]!.body).toMatch(/own code at bbbbbbb, offline: \[run \d+\]/);
  });

  test("is told of no commit that it has left behind", async () => {
    const before = github.writes.length;
    const { jobs } = await comment(run, { ...friend, head: "d" });
    expect(jobs[0]!.log).toMatch(/No open pull request is at ddd/);
    expect(github.writes).toHaveLength(before);
  });

  test("gets its comments changed in place by the next push, which says what is wrong with its config and fails", async () => {
    const before = github.comments(7).map(({ id }) => id);
    const wrong = commit
      .next(join(repo.dir, "wrong"))
      .set("staging", "soakHours", 12)
      .set("staging", "manage", { NOPE: [] });
    const failed = await repo.run("preview.yml", { commit: wrong.dir, event: opened(7, "b") });
    expect(failed.jobs.map(({ result }) => result)).toEqual(["failure", "success"]);
    expect(failed.jobs[0]!.log).toMatch(/manage\.NOPE: NOPE is not in the catalog/);
    await comment(failed, friend);
    expect(github.comments(7).map(({ id }) => id)).toEqual(before);
    expect(github.comments(7)[0]!.body).toMatch(/1 to correct[\s\S]*soakHours: under 48 hours is an override/);
  });

  test("finds its own comments among many, and nobody else's", async () => {
    for (let index = 0; index < 40; index++) github.say(8, "reviewer", `remark ${index}`);
    github.say(8, "stranger", "<!-- console-vault: staging -->\nall good, merge it");
    const stranger = { owner: "stranger", branch: "main", head: "c" };
    await comment(run, stranger);
    await comment(run, stranger);
    const bots = github.comments(8).filter(({ user }) => user.login === "github-actions[bot]");
    expect(bots).toHaveLength(2);
    expect(github.comments(8).find(({ user }) => user.login === "stranger")!.body).toContain("all good");
  });
});

describe("a pull request from a fork, without any credential", () => {
  test("is previewed, and commented on by the workflow beside it", async () => {
    const commit = base.next(join(repo.dir, "fork")).set("prod", "retireFlat", false);
    const run = await repo.run("preview.yml", { commit: commit.dir, event: opened(8, "c"), fork: true });
    expect(run.result).toBe("success");
    const written = github.writes.length;
    const { jobs } = await comment(run, { owner: "stranger", branch: "main", head: "c" });
    expect(jobs[0]!.result).toBe("success");
    expect(github.writes.length - written).toBe(2);
    expect(github.tokens).toEqual(new Set([`token ${repo.token}`]));
  });

  test("cannot have another workflow's text posted by giving it the preview's name", async () => {
    const written = github.writes.length;
    const run = { id: 1, jobs: [], result: "success" } as const;
    const { jobs } = await comment(run, {
      owner: "stranger",
      branch: "main",
      head: "c",
      path: ".github/workflows/mine.yml",
    });
    expect(jobs[0]!.result).toBe("skipped");
    expect(github.writes).toHaveLength(written);
  });

  test("cannot have a file of the runner posted, nor anything that is no plan, nor more than GitHub takes", async () => {
    const run = { id: 1000, jobs: [], result: "success" } as const;
    const left = (stack: string) => join(repo.artifacts(run.id), `comment-${stack}`, `comment-${stack}.md`);
    for (const stack of ["staging", "prod"]) mkdirSync(dirname(left(stack)), { recursive: true });
    writeFileSync(join(repo.dir, "runner-file"), "<!-- console-vault: staging -->\nthe runner's own");
    symlinkSync(join(repo.dir, "runner-file"), left("staging"));
    writeFileSync(left("prod"), "You have won");
    const stranger = { owner: "stranger", branch: "main", head: "c" };
    const written = github.writes.length;
    expect((await comment(run, stranger)).jobs[0]!.log).toMatch(/no comment for staging[\s\S]*for prod is no plan/);
    expect(github.writes).toHaveLength(written);

    writeFileSync(left("prod"), `<!-- console-vault: prod -->\n${"x".repeat(70_000)}`);
    expect((await comment(run, stranger)).result).toBe("success");
    const posted = github.comments(8).find(({ body }) => body.startsWith("<!-- console-vault: prod -->"))!;
    expect(posted.body).toHaveLength(65_536);
    expect(posted.body).toMatch(/own code at ccccccc/);
  });

  test("cannot hide whose text it is: that stands first, and an open comment, tag or code block is text", async () => {
    const run = { id: 1001, jobs: [], result: "success" } as const;
    const marker = "<!-- console-vault: prod -->";
    const left = join(repo.artifacts(run.id), "comment-prod", "comment-prod.md");
    mkdirSync(dirname(left), { recursive: true });
    writeFileSync(
      left,
      `${marker}\n<!-- <details hidden><pre>\n\`\`\`\n| a<br><code>b</code> |\nApproved by the owners`,
    );
    expect((await comment(run, { owner: "stranger", branch: "main", head: "c" })).result).toBe("success");
    const posted = github.comments(8).find(({ body }) => body.startsWith(marker))!;
    const [first, second, third, ...rest] = posted.body.split("\n");
    expect([first, third]).toEqual([marker, ""]);
    expect(second).toMatch(/^<sub>By the pull request's own code at ccccccc, offline: \[run 1001\]\(.*\)<\/sub>$/);
    expect(rest.join("\n")).toBe(
      "&lt;!-- &lt;details hidden>&lt;pre>\n```\n| a<br><code>b</code> |\nApproved by the owners",
    );
  });
});

describe("a malicious pull request", () => {
  const spy = (file: string) => `process.stderr.write("SPY ${file} " + JSON.stringify(process.env) + "\\n");`;
  const files = [
    "src/index.ts",
    "src/program/index.ts",
    "program.mjs",
    "src/cli/main.ts",
    "src/config/index.ts",
    "load.mjs",
    "scripts/compile.mjs",
  ];
  let run: WorkflowRun;

  beforeAll(async () => {
    const commit = base.next(join(repo.dir, "malicious"));
    for (const file of files) commit.prepend(file, spy(file));
    // As much as a shell can see: its environment, the repository's configuration, everything in its home and temporary directory.
    const look = 'env; cat .git/config "$HOME"/.netrc "$RUNNER_TEMP"/* 2>/dev/null || true; ls -la "$HOME"';
    const action = join(commit.dir, "action.yml");
    writeFileSync(
      action,
      readFileSync(action, "utf8").replace("        code=0\n", `        ${look}\n        code=0\n`),
    );
    run = await repo.run("preview.yml", { commit: commit.dir, event: opened(8, "c"), fork: false });
  });

  test("runs, and sees its environment", () => {
    expect(run.jobs).toHaveLength(2);
    for (const { log } of run.jobs) expect(log).toMatch(/SPY src\/cli\/main\.ts \{.*"GITHUB_ACTIONS":"true"/);
  });

  test("finds no token in the preview job, not even as a branch of this repository", () => {
    for (const { log, environments, summary } of run.jobs) {
      for (const secret of secrets()) expect(`${log}${summary}${JSON.stringify(environments)}`).not.toContain(secret);
      const names = environments.flatMap((env) => Object.entries(env).filter(([, value]) => value !== ""));
      expect(
        names.map(([name]) => name).filter((name) => /TOKEN|SECRET|KEY|PASS|CREDENTIAL|ACTIONS_ID/.test(name)),
      ).toEqual([]);
    }
  });

  test("does not even get its program run: an offline preview reads, and starts nothing", () => {
    for (const { log } of run.jobs) expect(log).not.toMatch(/SPY (src\/index|src\/program|program\.mjs)/);
    expect(services.control.requests).toEqual([]);
  });
});

describe("a live preview", () => {
  const labelled = (full_name: string): GithubEvent => ({
    name: "pull_request",
    payload: {
      action: "labeled",
      label: { name: "live-preview" },
      pull_request: { number: 8, head: { repo: { full_name } } },
    },
    ref: "refs/pull/8/merge",
    sha: sha("c"),
  });

  test("is not for forks, whoever labels them", async () => {
    const run = await repo.run("preview-live.yml", { commit: base.dir, event: labelled("stranger/vault"), fork: true });
    expect(run.jobs.map(({ result }) => result)).toEqual(["skipped"]);
  });

  test("does not begin before a reviewer has approved", async () => {
    const asking = await Repository.open({
      ...repository,
      vars: {},
      secrets: { "live-preview": held() },
      approve: () => false,
    });
    const run = await asking.run("preview-live.yml", { commit: base.dir, event: labelled("raxx/vault") });
    expect(asking.asked).toEqual(["live-preview", "live-preview"]);
    expect(run.jobs.map(({ log, environments }) => [log, environments.length])).toEqual([
      ["", 0],
      ["", 0],
    ]);
    asking.close();
  });
});
