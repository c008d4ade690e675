// An engine passes on only text of what a program or a provider has to say. A person at plain `pulumi up` reads that text. For one
// of our own commands a line of JSON stands at its end, so that no command has to read the sentence.
import type { Coded, Worded } from "./errors.js";
import { runContext } from "./runContext.js";
import type { Wait } from "./waits.js";

export type Content =
  | { readonly is: "refused"; readonly message: string; readonly findings: readonly Worded[] }
  | { readonly is: "finding"; readonly finding: Coded }
  | { readonly is: "wait"; readonly wait: Wait };

const mark = "console-vault-says:";
const envelope = new RegExp(`\\s*${mark}(\\{.*\\})`);

/** @param text what a person reads */
export function seal(text: string, content: Content): string {
  return runContext().env.CONSOLE_VAULT_COMMAND === "1" ? `${text} ${mark}${JSON.stringify(content)}` : text;
}

/** A refusal as an engine passes it on. */
export const refusedText = (message: string, findings: readonly Worded[]): string =>
  seal(`refused: ${message}`, { is: "refused", message, findings });

/** @returns undefined for a text that is the engine's own, or a library's */
export function openEnvelope(text: string): Content | undefined {
  const [, json] = envelope.exec(text) ?? [];
  try {
    return json === undefined ? undefined : (JSON.parse(json) as Content);
  } catch {
    return undefined;
  }
}
