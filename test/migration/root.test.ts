import { describe, expect, it } from "vitest";
import { consoleCatalog } from "../../src/catalog/index.js";
import { foldersToList, judgeRoot, otherPlaces, type RootJudgement } from "../../src/migration/root.js";
import { sentence } from "../../src/migration/wording.js";

/** A vault's folders by path, each with all its folders. */
type Tree = Record<string, readonly string[]>;

const company = ["heroku", "stripe", "alpaca", "postmark", "slack"];

/** Lists what is asked for, as the edge does. */
function judged(
  root: string,
  tree: Tree,
  paths: readonly string[] = [],
): { judgement: RootJudgement; asked: string[] } {
  const rows = paths.map((path) => ({ path }));
  const listed = new Map<string, readonly string[]>();
  const asked: string[] = [];
  for (;;) {
    const next = foldersToList(consoleCatalog, root, rows, listed);
    if (next.length === 0) return { judgement: judgeRoot(consoleCatalog, root, rows, listed), asked };
    for (const path of next) {
      asked.push(path);
      listed.set(path, tree[path] ?? []);
    }
  }
}

const vault: Tree = { "/": ["MooseQuest", "Other"], "/MooseQuest": company, "/Other": ["ci", "dns"] };
const wrong = (root: string, tree: Tree = vault, paths: string[] = []) => {
  const { judgement } = judged(root, tree, paths);
  if (judgement.is !== "wrong") throw new Error(`${root} is ${judgement.is}`);
  return { why: sentence(judgement.why), likely: judgement.why.likely?.root };
};

describe("a root", () => {
  it("with a secret in one of the catalog's folders is right, and nothing is listed for it", () => {
    expect(judged("/MooseQuest", {}, ["/MooseQuest/heroku/"])).toEqual({ judgement: { is: "right" }, asked: [] });
    expect(judged("/MooseQuest", {}, ["/MooseQuest/stripe/prod/"]).asked).toEqual([]);
  });

  it("whose folders are there and empty is right, after one listing", () => {
    expect(judged("/MooseQuest", vault)).toEqual({ judgement: { is: "right" }, asked: ["/MooseQuest"] });
  });

  it("is not proven by a folder whose name only begins like one of the catalog's", () => {
    expect(judged("/Other", vault, ["/Other/heroku-old/"]).judgement.is).toBe("wrong");
  });

  it("that is mistyped is wrong, and the folder beside it that holds the catalog's is named", () => {
    const { why, likely } = wrong("/MoseQuest");
    expect(likely).toBe("/MooseQuest");
    expect(why).toMatch(/^There is no folder \/MoseQuest, which console-vault:root names\. \/ has 2 folders\./);
    expect(why).toMatch(/\n {2}console-vault:root: \/MooseQuest$/);
  });

  it("that is one level too deep or too high is wrong, and the right one is named", () => {
    expect(wrong("/MooseQuest/heroku", { ...vault, "/MooseQuest/heroku": [] }, ["/MooseQuest/heroku/"]).likely).toBe(
      "/MooseQuest",
    );
    const deep: Tree = { "/": ["team"], "/team": ["MooseQuest"], "/team/MooseQuest": company };
    expect(wrong("/team", deep).likely).toBe("/team/MooseQuest");
    expect(wrong("/MooseQuest", deep).likely).toBeUndefined();
  });

  it("that is somebody else's is wrong, and none of that one's names is told", () => {
    const { why } = wrong("/Other");
    expect(why).toMatch(
      /holds none of the catalog's folders \(.*heroku.*\): it has 2 folders, all outside the catalog/,
    );
    expect(why).not.toMatch(/\bci\b|\bdns\b/);
  });

  it("that is not there in an empty project is wrong: that is what a wrong project or slug looks like", () => {
    const { why, likely } = wrong("/MooseQuest", { "/": [] });
    expect(likely).toBeUndefined();
    expect(why).toMatch(
      /\/ has no folder at all\.\nCheck console-vault:root, .*infisicalProjectId.*infisicalEnvironment/,
    );
    expect(why).toMatch(/To begin with an empty vault, make the folder \/MooseQuest in Infisical first\.$/);
  });

  it("that somebody made and left empty is a new vault: it may go on, with a warning", () => {
    expect(judged("/MooseQuest", { "/": ["MooseQuest"] }).judgement).toEqual({
      is: "new",
      warning: { code: "new-vault", root: "/MooseQuest" },
    });
    expect(judged("/Empty", { ...vault, "/": ["MooseQuest", "Empty"] }).judgement.is).toBe("wrong");
    expect(judged("/MooseQuest", { "/": ["MooseQuest"] }, ["/MooseQuest/"]).judgement.is).toBe("wrong");
  });

  it("in a project of many folders is judged after few listings", () => {
    const many = Array.from({ length: 500 }, (_, index) => `team${index}`);
    const { judgement, asked } = judged("/MoseQuest", { "/": [...many, "MooseQuest"], "/MooseQuest": company });
    expect(asked.length).toBeLessThan(25);
    expect(judgement).toMatchObject({ is: "wrong", why: { likely: { root: "/MooseQuest" } } });
  });
});

describe("two stacks", () => {
  const target = { vault: "https://v", project: "p", slug: "prod", root: "/MooseQuest", heroku: "https://h" };
  const staging = { environment: "staging", target };

  it("of one place are not warned of, nor is a stack beside itself", () => {
    expect(otherPlaces(staging, [{ environment: "prod", target }])).toEqual([]);
    expect(otherPlaces(staging, [{ environment: "staging", target: { ...target, root: "/x" } }])).toEqual([]);
  });

  it.each([
    ["root", "root"],
    ["project", "infisicalProjectId"],
    ["slug", "infisicalEnvironment"],
    ["vault", "infisicalUrl"],
    ["heroku", "herokuApiUrl"],
  ] as const)("of another %s are warned of, with both files", (key, configKey) => {
    const [warning, ...more] = otherPlaces(staging, [{ environment: "prod", target: { ...target, [key]: "/else" } }]);
    expect(more).toEqual([]);
    expect(sentence(warning!)).toContain(
      `console-vault:${configKey} differs between the stacks: ${target[key]} in Pulumi.staging.yaml, /else in Pulumi.prod.yaml`,
    );
  });
});
