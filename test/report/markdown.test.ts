import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  commentLimit,
  type PlanReport,
  type ReportStep,
  renderComment,
  renderMarkdown,
} from "../../src/report/index.js";
import { code, text } from "../../src/report/markdownText.js";
import { drifted, fresh, soaking } from "./worlds.js";

const plan: PlanReport = {
  stack: "prod",
  header: { vault: "https://vault.raxx.example", project: "6f2b1c0e", account: "ops@raxx.example" },
  steps: [
    { op: "create", type: "console-vault:Folder", name: "heroku", path: "/MooseQuest/heroku/prod/", details: [] },
    {
      op: "update",
      type: "console-vault:SecretSet",
      name: "stripe",
      path: "/MooseQuest/stripe/prod/",
      details: ["STRIPE_RESTRICTED_KEY: copy from /MooseQuest/stripe/"],
    },
    { op: "same", type: "console-vault:Folder", name: "alpaca", path: "/MooseQuest/alpaca/prod/", details: [] },
  ],
  flag: { variable: "FLAG_CONSOLE_VAULT_ENV_AWARE", app: "raxx-console-prod", from: false, to: true },
  soak: { hours: 48, since: "2026-05-11T02:10:00.000Z", readyAt: "2026-05-13T02:10:00.000Z" },
  gate: { open: false, reasons: [{ code: "gate-flag-off", environment: "staging", app: "raxx-console-staging" }] },
  warnings: [{ code: "gate-no-rotation", environment: "staging" }],
  unchecked: [{ what: "distinct of HEROKU_API_KEY", why: "the token may not read staging" }],
  next: [{ command: "console-vault status", why: "says when the soak is over" }],
};

const step = (name: string): ReportStep => ({
  op: "create",
  type: "console-vault:Folder",
  name,
  path: `/MooseQuest/${name}/prod/`,
  details: ["made with its missing parents"],
});
const engine = (text: string) => ({ code: "engine", text }) as const;
const recorded = (text: string) => ({ code: "recorded", text }) as const;
const many = (count: number) => Array.from({ length: count }, (_, index) => step(`vendor-${index}`));

describe("Markdown text", () => {
  test.each([
    ["a|b", "a&vert;b"],
    ["<img src=x>", "&lt;img src=x&gt;"],
    ["*bold* _it_ `code` [a](b) ~x~", "\\*bold\\* \\_it\\_ \\`code\\` \\[a\\](b) \\~x\\~"],
    ["HEROKU_API_KEY", "HEROKU_API_KEY"],
    ["two\nlines\r\n# three", "two lines \\# three"],
    ["- item", "\\- item"],
    ["1. item", "1\\. item"],
    ["ask @ops, see #12 and GH-3", "ask @&#8203;ops, see \\#&#8203;12 and GH-&#8203;3"],
    ["ops@raxx.example", "ops@raxx.example"],
    ["C:\\x", "C:\\\\x"],
  ])("%j is written %j", (value, written) => {
    expect(text(value)).toBe(written);
  });

  test.each([
    ["/MooseQuest/heroku/", "`/MooseQuest/heroku/`"],
    ["a|b", "<code>a&vert;b</code>"],
    ["a`b", "<code>a\\`b</code>"],
    ["<!-- a", "<code>&lt;!-- a</code>"],
    ["", ""],
  ])("code %j is written %j", (value, written) => {
    expect(code(value)).toBe(written);
  });
});

describe("the status as Markdown", () => {
  test("has its tables with one cell per head", () => {
    const lines = renderMarkdown(drifted).split("\n");
    const widths = (from: string) => {
      const start = lines.findIndex((line) => line.startsWith(from));
      return lines.slice(start, lines.indexOf("", start)).map((line) => line.split("|").length);
    };
    expect(widths("| environment")).toEqual(Array(4).fill(8));
    expect(widths("| credential")).toEqual(Array(10).fill(7));
  });

  test("says where it stands, what differs, and what to type", () => {
    const markdown = renderMarkdown(drifted);
    expect(markdown).toMatch(/^# 2 things differ from what was last recorded\.\n/);
    expect(markdown).toContain(
      "- staging: `FLAG_CONSOLE_VAULT_ENV_AWARE on raxx-console-staging`: expected on, found **off**",
    );
    expect(markdown).toContain("1. `console-vault up --stack staging`: turns the flag on again; the soak begins anew");
  });

  test("ticks what is done in the timeline", () => {
    expect(renderMarkdown(soaking)).toContain("- [x] flag on: staging, 2026-05-11 02:10 UTC");
    expect(renderMarkdown(fresh)).toContain("- [ ] **folders**: 0 of 8");
  });
});

describe("the comment on a pull request", () => {
  test("has the plan as a table, flag, soak, gate, what was not checked, and the next command", () => {
    expect(renderComment(plan)).toBe(`<!-- console-vault: prod -->
### console-vault preview of \`prod\`

Vault \`https://vault.raxx.example\`, project \`6f2b1c0e\`, Heroku account \`ops@raxx.example\`

#### Plan

1 to create, 1 to update, 1 unchanged.

| action | name | path |
| --- | --- | --- |
| \\+ create | \`heroku\`<br>console-vault:Folder | \`/MooseQuest/heroku/prod/\` |
| \\~ update | \`stripe\`<br>console-vault:SecretSet | \`/MooseQuest/stripe/prod/\`<br>STRIPE_RESTRICTED_KEY: copy from /MooseQuest/stripe/ |

#### Flag and gate

- Flag \`FLAG_CONSOLE_VAULT_ENV_AWARE\` on \`raxx-console-prod\`: off → **on**
- Soak of 48 h: since 2026-05-11 02:10 UTC, until 2026-05-13 02:10 UTC
- Gate: **closed**
  - staging's flag is off now (raxx-console-staging)

#### Warnings

- no rotation seen on staging since its flag was turned on: console-vault rotate NAME --env staging

#### Could not be checked

- distinct of HEROKU_API_KEY: the token may not read staging

#### Next

1. \`console-vault status\`: says when the soak is over
`);
  });

  test("says which version of Infisical's API was asked, where that is known", () => {
    expect(renderComment(plan)).not.toContain("API `");
    const told = renderComment({ ...plan, header: { ...plan.header, api: "v4" } });
    expect(told).toContain("Vault `https://vault.raxx.example` (API `v4`), project `6f2b1c0e`");
  });

  test("an offline plan says that Heroku was not asked and that the gate could not be", () => {
    const offline = renderComment({
      ...plan,
      header: { ...plan.header, account: null },
      steps: [],
      flag: { ...plan.flag!, from: null },
      soak: null,
      gate: { open: null, reasons: [] },
    });
    expect(offline).toContain("Heroku account not asked");
    expect(offline).toContain("unknown → **on**");
    expect(offline).toContain("Gate: **could not be asked**");
    expect(offline).toContain("No changes.");
  });

  test("stays within GitHub's limit, says how many steps were cut, and keeps the verdict and the next command", () => {
    const comment = renderComment({ ...plan, steps: many(2_000) });
    expect(comment.length).toBeLessThanOrEqual(commentLimit);
    expect(comment.length).toBeGreaterThan(commentLimit - 500);
    const shown = comment.match(/\\\+ create/g)?.length ?? 0;
    expect(comment).toContain(
      `_${2_000 - shown} more of 2000 steps were cut: a comment holds 65536 characters._ \`console-vault preview --stack prod\` shows all.`,
    );
    expect(comment).toContain("Gate: **closed**");
    expect(comment).toContain("1. `console-vault status`");
  });

  test("cuts nothing that fits", () => {
    const comment = renderComment({ ...plan, steps: many(300) });
    expect(comment.match(/\\\+ create/g)).toHaveLength(300);
    expect(comment).not.toContain("cut");
  });

  test("has no tag but its own, whatever its names, paths and reasons are: a comment in one hides nothing of the others", () => {
    const hostile = fc
      .array(fc.constantFrom("<!--", "-->", "<details>", "<sub>", "```", "\n", "<br>", "`", "a"), { maxLength: 8 })
      .map((parts) => parts.join(""));
    fc.assert(
      fc.property(hostile, (said) => {
        const comment = renderComment({
          ...plan,
          stack: said,
          header: { vault: said, project: said, account: said },
          steps: [{ op: said, type: said, name: said, path: said, details: [said] }],
          flag: { ...plan.flag!, variable: said, app: said },
          gate: { open: false, reasons: [engine(said), { code: "flat-stays", because: [recorded(said)] }] },
          warnings: [engine(said)],
          unchecked: [{ what: said, why: said }],
          next: [{ command: said, why: said }],
        });
        const [marker, ...rest] = comment.split("\n");
        expect(marker).toMatch(/^<!-- console-vault: [\w.-]* -->$/);
        expect(rest.join("\n").replace(/<br>|<\/?code>/g, "")).not.toContain("<");
        expect(rest.filter((line) => /^\s*(```|~~~)/.test(line))).toEqual([]);
      }),
    );
  });

  test("stays within the limit whatever there is too much of, and keeps the table's lines whole", () => {
    const long = fc.string({ unit: fc.constantFrom("|", "@a", "#1", "<", "\\", "\n", "é", "😀", "`"), maxLength: 600 });
    const lines = fc.array(long, { maxLength: 120 });
    fc.assert(
      fc.property(lines, lines, lines, long, (reasons, what, names, stack) => {
        const comment = renderComment({
          ...plan,
          stack,
          steps: names.map((name) => ({ ...step(name), path: name, details: reasons })),
          gate: { open: false, reasons: reasons.map(engine) },
          warnings: what.map(engine),
          unchecked: what.map((one) => ({ what: one, why: one })),
          next: names.map((command) => ({ command, why: command })),
        });
        expect(comment.length).toBeLessThanOrEqual(commentLimit);
        for (const line of comment.split("\n").filter((one) => one.startsWith("| ")))
          expect(line.split("|").length).toBe(5);
      }),
      { numRuns: 40 },
    );
  });
});
