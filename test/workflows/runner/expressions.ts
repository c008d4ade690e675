import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { installClient } from "../../clients/install.js";

/** Where GitHub's own packages are installed, once they are. */
export const clientDir = fileURLToPath(new URL("../github", import.meta.url));

export async function installed<Module>(path: string): Promise<Module> {
  await installClient(clientDir);
  return (await import(join(clientDir, "node_modules", path))) as Module;
}

interface Data {
  coerceString(): string;
}

interface Expressions {
  data: { reviver(key: string, value: unknown): unknown; BooleanData: new (value: boolean) => Data };
  Lexer: new (text: string) => { lex(): { tokens: unknown } };
  Parser: new (tokens: unknown, contexts: string[], functions: object[]) => { parse(): object };
  Evaluator: new (expression: object, contexts: unknown, functions: Map<string, object>) => { evaluate(): Data };
}

/** How the job goes so far: what `success()`, `failure()` and `cancelled()` answer. */
export type Progress = "success" | "failure";

export type Contexts = Readonly<Record<string, unknown>>;

/** GitHub's expression language, by GitHub's own implementation. */
export class GithubExpressions {
  private constructor(private readonly api: Expressions) {}

  static async open(): Promise<GithubExpressions> {
    return new GithubExpressions(await installed<Expressions>("@actions/expressions/dist/index.js"));
  }

  /** A template such as `preview-${{ github.ref }}`, filled in. */
  fill(template: string, contexts: Contexts, progress: Progress): string {
    return template.replace(/\$\{\{([\s\S]*?)\}\}/g, (_, expression: string) =>
      this.#evaluate(expression, contexts, progress).coerceString(),
    );
  }

  /** An `if:`; without one of the status functions it also asks for `success()`. */
  holds(condition: unknown, contexts: Contexts, progress: Progress): boolean {
    if (condition === undefined) return progress === "success";
    const text = String(condition).replace(/^\s*\$\{\{([\s\S]*)\}\}\s*$/, "$1");
    const asksItself = /\b(always|success|failure|cancelled)\s*\(/.test(text);
    if (!asksItself && progress !== "success") return false;
    return !["", "false", "0"].includes(this.#evaluate(text, contexts, progress).coerceString());
  }

  #evaluate(expression: string, contexts: Contexts, progress: Progress): Data {
    const { data, Lexer, Parser, Evaluator } = this.api;
    const answers = {
      always: true,
      success: progress === "success",
      failure: progress === "failure",
      cancelled: false,
    };
    const functions = Object.entries(answers).map(([name, value]) => ({
      name,
      minArgs: 0,
      maxArgs: 0,
      call: () => new data.BooleanData(value),
    }));
    const { tokens } = new Lexer(expression.trim()).lex();
    const parsed = new Parser(tokens, Object.keys(contexts), functions).parse();
    const values: unknown = JSON.parse(JSON.stringify(contexts), data.reviver);
    return new Evaluator(parsed, values, new Map(functions.map((one) => [one.name, one]))).evaluate();
  }
}
