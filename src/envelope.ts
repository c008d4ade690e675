// An engine passes on only text of what a program or a provider has to say. A person at plain `pulumi up` reads that text. For one
// of our own commands a line of JSON stands at its end, so that no command has to read the sentence.
import type { Coded, Worded } from "./errors.js";
import { runContext } from "./runContext.js";
import type { Wait } from "./waits.js";

export type Content =
  | { readonly is: "refused"; readonly message: string; readonly findings: readonly Worded[] }
  | { readonly is: "finding"; readonly finding: Coded }
  | { readonly is: "wait"; readonly wait: Wait }
  | { readonly is: "step"; readonly what: string };

const mark = "console-vault-says:";

/** @param text what a person reads */
export function seal(text: string, content: Content): string {
  return runContext().env.CONSOLE_VAULT_COMMAND === "1" ? `${text} ${mark}${JSON.stringify(content)}` : text;
}

/** A refusal as an engine passes it on. */
export const refusedText = (message: string, findings: readonly Worded[]): string =>
  seal(`refused: ${message}`, { is: "refused", message, findings });

/** All that is sealed into a text, in order: an engine may put several errors on one line. Nothing in one that is its own. */
export function openEnvelopes(text: string): Content[] {
  const found: Content[] = [];
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at)) {
    at += mark.length;
    const end = endOfObject(text, at);
    if (end === undefined) continue;
    found.push(...parsed(text.slice(at, end)));
    at = end;
  }
  return found;
}

function parsed(json: string): Content[] {
  try {
    return [JSON.parse(json) as Content];
  } catch {
    return [];
  }
}

/** Where the JSON object ends that begins at `start`; undefined where there is no whole one. */
function endOfObject(text: string, start: number): number | undefined {
  const token = /"(?:[^"\\]|\\.)*"|[{}]/gs;
  token.lastIndex = start;
  let depth = 0;
  for (let found = token.exec(text); found; found = token.exec(text)) {
    if (found[0] === "{") depth++;
    if (found[0] === "}") depth--;
    if (depth === 0) return text[start] === "{" ? token.lastIndex : undefined;
  }
  return undefined;
}
