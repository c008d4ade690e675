import { relative } from "node:path";
import ts from "typescript";

/** What programs have read of their dependencies: the language's own types and Node's are the same to all of them. */
const declarations = new Map<string, ts.SourceFile | undefined>();

/**
 * What `tsc -p` says of a project, in this process: the types that all projects depend on are read once, and the compiler stays warm.
 * @param project absolute path of a folder with `tsconfig.json`
 * @returns each error on a line of its own, with its file's path from `project`
 */
export function compileErrors(project: string): string[] {
  const errors: ts.Diagnostic[] = [];
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: (error: ts.Diagnostic) => errors.push(error) };
  const config = ts.getParsedCommandLineOfConfigFile(`${project}/tsconfig.json`, undefined, host);
  if (config) {
    const { fileNames: rootNames, options, errors: configFileParsingDiagnostics } = config;
    const program = ts.createProgram({ rootNames, options, configFileParsingDiagnostics, host: sharing(options) });
    errors.push(...ts.getPreEmitDiagnostics(program));
  }
  return errors.map((error) => told(error, project));
}

function told({ file, start = 0, messageText }: ts.Diagnostic, project: string): string {
  const message = ts.flattenDiagnosticMessageText(messageText, "\n");
  if (file === undefined) return message;
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  return `${relative(project, file.fileName)}(${line + 1},${character + 1}): ${message}`;
}

/** As `tsc --build` does it: a declaration file is read once for each kind of module that it can be. */
function sharing(options: ts.CompilerOptions): ts.CompilerHost {
  const host = ts.createCompilerHost(options);
  const read: ts.CompilerHost["getSourceFile"] = (path, how, ...rest) => {
    if (!/\.d\.[cm]?ts$/.test(path)) return host.getSourceFile(path, how, ...rest);
    const { languageVersion, impliedNodeFormat } = typeof how === "object" ? how : { languageVersion: how };
    const key = [path, languageVersion, impliedNodeFormat].join(" ");
    if (!declarations.has(key)) declarations.set(key, host.getSourceFile(path, how, ...rest));
    return declarations.get(key);
  };
  return { ...host, getSourceFile: read };
}
