// What an editor offers and refuses in a team's own catalog, asked of TypeScript's language service as an editor asks it.
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const file = `${root}test/catalog/edited.ts`;

/** A catalog of three environments, with what is being typed in the place of each part. */
const catalog = ({ fallback = "prod", rule = "dev", consumer = "api", role = "web" }) => `
import { defineCatalog } from "console-vault/catalog";
export default defineCatalog({
  root: "/Acme",
  environments: [
    { name: "dev", apps: {}, source: "provision" },
    { name: "staging", apps: { web: "acme-web-staging" }, source: "provision" },
    { name: "prod", apps: { web: "acme-web", api: "acme-api" }, source: "copy" },
  ],
  fallback: "${fallback}",
  credentials: [
    {
      name: "MAIL_TOKEN",
      vendor: "mail",
      scope: "environment",
      reason: "Two accounts.",
      rules: [{ rule: "never-in", environments: ["${rule}"] }],
      consumers: ["${consumer}"],
      assumed: [],
    },
  ],
  flag: {
    name: "vault",
    variable: "FLAG_VAULT",
    default: false,
    role: "${role}",
    revision: "1",
    description: "-",
  },
});
`;

let content = "";
let version = 0;
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  strict: true,
  skipLibCheck: true,
  types: [],
  paths: { "console-vault/catalog": [`${root}src/catalog/api.ts`] },
};
const service = ts.createLanguageService({
  getCompilationSettings: () => options,
  getScriptFileNames: () => [file],
  getScriptVersion: (name) => (name === file ? String(version) : "0"),
  getScriptSnapshot: (name) => {
    const found = name === file ? content : ts.sys.readFile(name);
    return found === undefined ? undefined : ts.ScriptSnapshot.fromString(found);
  },
  getCurrentDirectory: () => root,
  getDefaultLibFileName: ts.getDefaultLibFilePath,
  fileExists: (name) => name === file || ts.sys.fileExists(name),
  readFile: ts.sys.readFile,
  directoryExists: ts.sys.directoryExists,
  getDirectories: ts.sys.getDirectories,
});
const edit = (parts: Parameters<typeof catalog>[0]) => {
  content = catalog(parts);
  version++;
};
const problems = () =>
  service.getSemanticDiagnostics(file).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, " "));

it("a catalog without a mistake has none", { timeout: 60_000 }, () => {
  edit({});
  expect(problems()).toEqual([]);
});

it.each([
  ["fallback", ["dev", "prod", "staging"]],
  ["rule", ["dev", "prod", "staging"]],
  ["consumer", ["api", "web"]],
  ["role", ["api", "web"]],
] as const)(
  "%s: an editor offers the catalog's names, and refuses another in one line",
  { timeout: 60_000 },
  (part, names) => {
    edit({ [part]: "wb" });
    const [problem, ...others] = problems();
    expect(others).toEqual([]);
    expect(problem).toMatch(/^Type '"wb"' is not assignable to type '/);
    for (const name of names) expect(problem).toContain(`"${name}"`);
    const offered = service.getCompletionsAtPosition(file, content.indexOf('"wb"') + 1, {})?.entries ?? [];
    expect(offered.map(({ name }) => name).sort()).toEqual(names);
  },
);
