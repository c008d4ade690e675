// What the package exports, by entry point, with the TSDoc of each: read by TypeScript, as an editor does.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import ts from "typescript";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** What `package.json` says of an entry point, as far as types go. */
type Entry = string | { readonly types?: string; readonly import?: { readonly types: string } };

/** The source of each entry point, by the name under which others import it. */
export function entryPoints(): Record<string, string> {
  const { exports } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { exports: Record<string, Entry> };
  return Object.fromEntries(
    Object.entries(exports).flatMap(([subpath, entry]) => {
      if (typeof entry === "string") return [];
      const types = (entry.import?.types ?? entry.types)!;
      const source = types.replace(/^\.\/dist\/(.*)\.d\.ts$/, "src/$1.ts");
      return [[`console-vault${subpath.slice(1)}`, root + source.replace(/^\.\//, "")]];
    }),
  );
}

const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  lib: ["lib.es2023.d.ts"],
  types: ["node"],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noEmit: true,
  skipLibCheck: true,
};

export interface Exported {
  readonly entry: string;
  readonly name: string;
  readonly description: string;
  /** The text of each `@example`, without its fence. */
  readonly examples: readonly string[];
}

/** Every export of every entry point. */
export function everyExport(): Exported[] {
  const entries = entryPoints();
  const program = ts.createProgram(Object.values(entries), options);
  const checker = program.getTypeChecker();
  return Object.entries(entries).flatMap(([entry, file]) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
    return checker.getExportsOfModule(module).flatMap((found) => {
      const symbol = found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found;
      if (symbol.flags & ts.SymbolFlags.Prototype) return [];
      const tags = symbol.getJsDocTags(checker).filter((tag) => tag.name === "example");
      return {
        entry,
        name: found.name,
        description: ts.displayPartsToString(symbol.getDocumentationComment(checker)),
        examples: tags.map(({ text }) =>
          ts
            .displayPartsToString(text)
            .replace(/^```\w*\n|\n```$/g, "")
            .trim(),
        ),
      };
    });
  });
}

/** Type-checks each text as a module of a project that has the package installed. @returns what is wrong, a line each */
export function typeErrors(modules: Readonly<Record<string, string>>): string[] {
  const entries = entryPoints();
  const paths = Object.fromEntries(Object.entries(entries).map(([name, file]) => [name, [file]]));
  const texts = new Map(Object.entries(modules).map(([name, text]) => [`${root}test/package/${name}.mts`, text]));
  const withPaths = { ...options, paths, verbatimModuleSyntax: false };
  const host = ts.createCompilerHost(withPaths);
  const { getSourceFile, fileExists, readFile } = host;
  host.getSourceFile = (file, language, ...rest) =>
    texts.has(file) ? ts.createSourceFile(file, texts.get(file)!, language) : getSourceFile(file, language, ...rest);
  host.fileExists = (file) => texts.has(file) || fileExists(file);
  host.readFile = (file) => texts.get(file) ?? readFile(file);
  const program = ts.createProgram([...texts.keys()], withPaths, host);
  return [...texts.keys()].flatMap((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(file))
      .map(({ messageText }) => `${file.slice(root.length)}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`),
  );
}
