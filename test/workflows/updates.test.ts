// The migration as a team does it: by merging, waiting and approving. One story, told in order: what a test finds is what the
// ones before it left.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { usual } from "../support/flavour.js";
import { World } from "../support/world.js";
import { Commit } from "./commits.js";
import { startGithub } from "./githubApi.js";
import { type GithubEvent, Repository } from "./runner/index.js";
import { startTools, type Tools } from "./tools.js";

// Each of them starts several engines in processes of their own.
vi.setConfig({ testTimeout: 300_000 });

let world: World;
let repo: Repository;
/** What the main branch says. */
let main: Commit;
let approved = true;
/** Of the commit that every run here is of. */
const sha = "a".repeat(40);
const heads = { main: sha };
let tools: Tools;
let github: Awaited<ReturnType<typeof startGithub>>;
/** What happens while a reviewer takes his time. */
let meanwhile = () => {};

beforeAll(async () => {
  world = await World.open();
  const { INFISICAL_CLIENT_ID, INFISICAL_CLIENT_SECRET, HEROKU_API_KEY, PULUMI_CONFIG_PASSPHRASE } = world.env;
  const secrets = { INFISICAL_CLIENT_ID, INFISICAL_CLIENT_SECRET, HEROKU_API_KEY, PULUMI_CONFIG_PASSPHRASE } as Record<
    string,
    string
  >;
  const environments = ["staging", "prod", "observe"];
  const states = join(world.dir, "states");
  mkdirSync(states);
  github = await startGithub([], heads);
  repo = await Repository.open({
    api: github.url,
    owner: "raxx",
    repo: "vault",
    vars: { PULUMI_BACKEND_URL: `file://${states}` },
    secrets: Object.fromEntries(environments.map((name) => [name, secrets])),
    approve: (environment) => {
      if (environment === "prod-approval") meanwhile();
      return environment !== "prod-approval" || approved;
    },
  });
  tools = await startTools(join(world.dir, "tools"));
  const urls = { infisicalUrl: world.env.INFISICAL_API_URL, herokuApiUrl: world.env.HEROKU_API_URL };
  main = Commit.make(join(repo.dir, "main"), urls, tools.pins);
});
afterAll(async () => {
  repo?.close();
  await github?.close();
  await tools?.close();
  await world?.close();
});

const event = (name: GithubEvent["name"]): GithubEvent => ({
  name,
  payload: {},
  ref: "refs/heads/main",
  sha,
});

/** Everything that any job printed or put on its page. */
const told: string[] = [];
async function run(file: string, name: GithubEvent["name"]) {
  const ended = await repo.run(file, { commit: main.dir, event: event(name) });
  told.push(...ended.jobs.flatMap(({ log, summary }) => [log, summary]));
  return ended;
}

/** Requests that changed something, since the last look. */
function writes(): string[] {
  const all = world.control.requests.filter(({ write }) => write).map(({ method, path }) => `${method} ${path}`);
  world.control.requests.length = 0;
  return all;
}

describe("a merge that turns staging's flag on", () => {
  test("is deployed to staging, once an operator has provisioned its credentials", async () => {
    await world.provisionStaging();
    main.set("staging", "vaultEnvAware", true);
    writes();
    const deployed = await run("deploy.yml", "push");
    expect(deployed.jobs[0]!.log).toMatch(/FLAG_CONSOLE_VAULT_ENV_AWARE is on \(raxx-console-staging\)/);
    expect(deployed.result).toBe("success");
    expect(world.flag("staging")).toBe("true");
    const changed = writes().filter((write) => !write.endsWith(` ${usual("/api/v1/folders")}`));
    expect(changed).toEqual([expect.stringMatching(/^PATCH \/apps\/[^/]+\/config-vars$/)]);
  });
});

describe("a promotion too early", () => {
  beforeAll(() => {
    main.set("prod", "vaultEnvAware", true);
    world.hoursPass(20);
  });

  test("asks nobody when the schedule tries it", async () => {
    const { jobs, result } = await run("promote.yml", "schedule");
    expect(jobs.map(({ name, result }) => [name, result])).toEqual([
      ["ready", "success"],
      ["approval", "skipped"],
      ["prod", "skipped"],
    ]);
    expect(jobs[0]!.outputs).toEqual({ promote: "true", ready: "false" });
    expect([result, repo.asked]).toEqual(["success", expect.not.arrayContaining(["prod-approval"])]);
  });

  test("is refused by the gate when a person insists, with nothing of prod touched", async () => {
    const { jobs, result } = await run("promote.yml", "workflow_dispatch");
    expect(repo.asked).toContain("prod-approval");
    expect(jobs[2]!.log).toMatch(/refused: staging has soaked 20 h( \d+ min)? of 48 h/);
    expect(result).toBe("failure");
    expect(writes()).toEqual([]);
    expect(world.flag("prod")).toBeUndefined();
  });
});

describe("a promotion in time", () => {
  beforeAll(() => world.hoursPass(28));

  test("does not happen without an approval", async () => {
    approved = false;
    const { jobs } = await run("promote.yml", "schedule");
    expect(jobs.map(({ name, result }) => [name, result])).toEqual([
      ["ready", "success"],
      ["approval", "failure"],
      ["prod", "skipped"],
    ]);
    expect(writes()).toEqual([]);
    approved = true;
  });

  test("does not happen for an approval that comes after main went on: nothing is asked, nothing is touched", async () => {
    meanwhile = () => {
      heads.main = "b".repeat(40);
    };
    const { jobs, result } = await run("promote.yml", "schedule");
    heads.main = sha;
    meanwhile = () => {};
    expect(jobs.map(({ name, result }) => [name, result])).toEqual([
      ["ready", "success"],
      ["approval", "success"],
      ["prod", "failure"],
    ]);
    expect(jobs[2]!.log).toMatch(/This run is of aaaaaaa \(refs\/heads\/main\), and main is at bbbbbbb/);
    expect(jobs[2]!.log).not.toMatch(/stack prod/);
    expect([result, writes()]).toEqual(["failure", []]);
  });

  test("does not happen once staging's flag is off: what the reviewer was asked about is looked at again", async () => {
    const set = (value: string) => world.apps.set("raxx-console-staging", { FLAG_CONSOLE_VAULT_ENV_AWARE: value });
    const restore = world.services.heroku.apps.vars("raxx-console-staging").FLAG_CONSOLE_VAULT_ENV_AWARE!;
    meanwhile = () => set("false");
    const { jobs } = await run("promote.yml", "schedule");
    meanwhile = () => {};
    expect(jobs[2]!.log).toMatch(/refused: [\s\S]*staging's flag is off/);
    expect([jobs[2]!.result, writes()]).toEqual(["failure", []]);
    // The soak begins again.
    set(restore);
    world.hoursPass(49);
  });

  test("copies prod's credentials, confirms them, and turns its flag on", async () => {
    const { jobs, result } = await run("promote.yml", "schedule");
    expect(jobs[2]!.log).toMatch(/FLAG_CONSOLE_VAULT_ENV_AWARE is on \(raxx-console-prod\)/);
    expect(result).toBe("success");
    expect(world.flag("prod")).toBe("true");
    expect(world.at("prod", "HEROKU_API_KEY")).toBe(world.flat("HEROKU_API_KEY"));
    expect(writes().at(-1)).toMatch(/^PATCH \/apps\/[^/]+\/config-vars$/);
  });

  test("is not made again: by hand, what else main says of prod is done, which is nothing", async () => {
    const { jobs, result } = await run("promote.yml", "workflow_dispatch");
    expect(jobs[0]!.outputs).toEqual({ promote: "false", ready: "false" });
    expect([result, jobs[2]!.log]).toEqual(["success", expect.stringMatching(/stack prod[\s\S]*no changes/)]);
    expect(writes()).toEqual([]);
  });
});

describe("drift", () => {
  test("is none, as long as nobody does anything by hand", async () => {
    const { jobs, result } = await run("drift.yml", "schedule");
    expect([result, jobs[0]!.summary]).toEqual(["success", expect.stringMatching(/^# /)]);
  });

  test("fails the run, and the job's page says what it is", async () => {
    await fetch(`${world.env.HEROKU_API_URL}/apps/raxx-console-staging/config-vars`, {
      method: "PATCH",
      headers: {
        accept: "application/vnd.heroku+json; version=3",
        authorization: `Bearer ${world.env.HEROKU_API_KEY}`,
        "content-type": "application/json",
      },
      body: JSON.stringify({ FLAG_CONSOLE_VAULT_ENV_AWARE: "false" }),
    });
    writes();
    const { jobs, result } = await run("drift.yml", "schedule");
    expect(result).toBe("failure");
    expect(jobs[0]!.log).toMatch(/staging: FLAG_CONSOLE_VAULT_ENV_AWARE on raxx-console-staging is off, not on/);
    expect(jobs[0]!.summary).toMatch(/Not as last recorded[\s\S]*FLAG_CONSOLE_VAULT_ENV_AWARE on raxx-console-staging/);
    expect(writes()).toEqual([]);
  });
});

test("no job tells any value, nor any credential of its own", () => {
  expect(told.join("\n").length).toBeGreaterThan(5_000);
  const values = world.snapshot().secrets.map(({ value }) => value);
  const credentials = [
    world.env.INFISICAL_CLIENT_SECRET!,
    world.env.HEROKU_API_KEY!,
    world.env.PULUMI_CONFIG_PASSPHRASE!,
  ];
  for (const secret of [...values, ...credentials]) for (const text of told) expect(text).not.toContain(secret);
});

test("another repository uses the action with its config and catalog alone, and the action's code is its own", async () => {
  const theirs = join(repo.dir, "theirs");
  mkdirSync(join(theirs, ".github/workflows"), { recursive: true });
  writeFileSync(
    join(theirs, ".github/workflows/preview.yml"),
    `name: preview
on: pull_request
permissions: {}
jobs:
  staging:
    runs-on: ubuntu-latest
    permissions: { contents: read }
    steps:
      - uses: actions/checkout@0000000000000000000000000000000000000000
        with: { persist-credentials: false }
      - uses: raxx/console-vault@0000000000000000000000000000000000000000
        id: plan
        with: { command: preview, stack: staging, offline: "true", working-directory: infra }
      - run: echo "exit code \${{ steps.plan.outputs.exit-code }}"
`,
  );
  mkdirSync(join(theirs, "infra"));
  writeFileSync(
    join(theirs, "infra/Pulumi.yaml"),
    "name: console-vault\nruntime: nodejs\nmain: node_modules/console-vault/program.mjs\n",
  );
  writeFileSync(
    join(theirs, "infra/catalog.ts"),
    'export { consoleCatalog as default } from "console-vault/catalog";\n',
  );
  writeFileSync(join(theirs, "infra/Pulumi.staging.yaml"), readFileSync(main.file("staging"), "utf8"));
  const { jobs } = await repo.run("preview.yml", {
    commit: theirs,
    event: event("pull_request"),
    actions: { "raxx/console-vault": main.dir },
  });
  expect(jobs[0]!.log).toMatch(/Plan {2}offline[\s\S]*exit code 0/);
  expect(jobs[0]!.summary).toMatch(/console-vault preview of `staging`/);
});
