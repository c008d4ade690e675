// No code decides by what a sentence says: whoever needs to know what a finding is looks at its data.
import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, it } from "vitest";

const root = new URL("../../src/", import.meta.url).pathname;

/** What sentences are called, as variables and as properties. */
const sentences = new Set([
  "message",
  "why",
  "reason",
  "text",
  "line",
  "warning",
  "said",
  "sentence",
  "problem",
  "plan",
  "errors",
  "warnings",
  "reasons",
  "blocked",
  "refused",
]);
const methods = new Set([
  "startsWith",
  "endsWith",
  "includes",
  "indexOf",
  "match",
  "matchAll",
  "search",
  "test",
  "exec",
]);

/** Who reads a text that is not ours, and whose it is. */
const foreign: Readonly<Record<string, string>> = {
  "catalog/expiry.ts": "a secret's value",
  "catalog/formats.ts": "a secret's value",
  "catalog/pattern.ts": "a secret's value",
  "catalog/rules.ts": "a secret's value, and a reason that a person gave",
  "cli/doctor/check.ts": "none: an error is shown in two columns, where its first sentence ends",
  "cli/commands/rotate.ts": "none: why an app keeps its value is one of four literal types",
  "config/edit.ts": "a config file",
  "engine/embedded/deploy/events.ts": "adds a line end to what a program logs",
  "engine/embedded/grpc/dynamicHost.ts": "the port that the SDK's provider process prints",
  "engine/embedded/packages.ts": "stack traces of Node",
  "engine/embedded/session.ts": "a config file",
  "engine/embedded/grpc/requests.ts": "a duration",
  "engine/embedded/state/backend.ts": "a state file",
  "engine/errors.ts": "Pulumi's own errors",
  "engine/pulumi/engine.ts": "the Pulumi CLI's warnings",
  "engine/pulumi/stack.ts": "the Pulumi CLI's errors",
  "engine/project/scalar.ts": "YAML",
  "engine/work/host.ts": "the protocol between a command and its program",
  "engine/work/program.ts": "the protocol between a command and its program",
  "envelope.ts": "the data that travel with a sentence",
  "flags/failure.ts": "PostgreSQL's and its driver's errors",
  "heroku/bridged/requests.ts": "looks for secrets in Heroku's message before it is shown",
  "http/url.ts": "a setting",
  "project/find.ts": "Pulumi.yaml",
  "local/faults.ts": "a path",
  "local/infisical/jwt.ts": "the JWT library's errors",
  "resolver/resolve.ts": "the flag's config var",
  "vault/client/diagnosis.ts": "Infisical's answers",
  "vault/client/values.ts": "a secret's value",
};

const nameOf = (node: ts.Expression): string | undefined =>
  ts.isIdentifier(node)
    ? node.text
    : ts.isPropertyAccessExpression(node)
      ? node.name.text
      : ts.isNonNullExpression(node) || ts.isParenthesizedExpression(node) || ts.isElementAccessExpression(node)
        ? nameOf(node.expression)
        : undefined;

const isSentence = (node: ts.Expression | undefined) => node !== undefined && sentences.has(nameOf(node) ?? "");

/** Calls that look into a sentence, and comparisons of one with a text. */
function inspections(path: string): string[] {
  const file = ts.createSourceFile(path, readFileSync(`${root}${path}`, "utf8"), ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const at = () =>
      `${path}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}: ${node.getText().slice(0, 100)}`;
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { expression: on, name } = node.expression;
      if (methods.has(name.text) && (isSentence(on) || isSentence(node.arguments[0]))) found.push(at());
    }
    const equals = [ts.SyntaxKind.EqualsEqualsEqualsToken, ts.SyntaxKind.ExclamationEqualsEqualsToken];
    if (ts.isBinaryExpression(node) && equals.includes(node.operatorToken.kind)) {
      const sides = [node.left, node.right];
      const literal = sides.some((side) => ts.isStringLiteralLike(side) && side.text.includes(" "));
      if (literal && sides.some(isSentence)) found.push(at());
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
const found = new Map(files.map((path) => [path, inspections(path)] as const).filter(([, list]) => list.length > 0));

it("no code looks into a sentence of ours", () => {
  expect([...found].filter(([path]) => !(path in foreign)).flatMap(([, list]) => list)).toEqual([]);
});

it("every exception reads a text", () => {
  expect(Object.keys(foreign).filter((path) => !found.has(path))).toEqual([]);
});
