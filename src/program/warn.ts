import * as pulumi from "@pulumi/pulumi";
import { seal } from "../envelope.js";
import { type Finding, sentence } from "../migration/index.js";
import { runContext } from "../runContext.js";

/** Through the engine, whose diagnostics are all that a command sees of a program. */
export const warn = (finding: Finding): void =>
  void pulumi.log.warn(seal(sentence(finding), { is: "finding", finding }));

/** Says to a command what is done now, as "planning". Plain `pulumi` shows as much by itself. */
export function tellStep(what: string): void {
  if (runContext().env.CONSOLE_VAULT_COMMAND === "1")
    void pulumi.log.info(seal(what, { is: "step", what }), undefined, undefined, true);
}
