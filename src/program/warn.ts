import * as pulumi from "@pulumi/pulumi";
import { seal } from "../envelope.js";
import { type Finding, sentence } from "../migration/index.js";

/** Through the engine, whose diagnostics are all that a command sees of a program. */
export const warn = (finding: Finding): void =>
  void pulumi.log.warn(seal(sentence(finding), { is: "finding", finding }));
