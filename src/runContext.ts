// Where code of a run gets what a process of its own would have: a run inside another process has its own environment variables.
import { AsyncLocalStorage } from "node:async_hooks";
import type { InlineContext } from "./engine/inline.js";

const ofProcess: InlineContext = {
  get env() {
    return process.env;
  },
  print: (line) => void process.stderr.write(`${line}\n`),
};
const contexts = new AsyncLocalStorage<InlineContext>();

/** The run's that this call is part of; the process's own, where it is part of none. The same object all through a run. */
export const runContext = (): InlineContext => contexts.getStore() ?? ofProcess;

export const inRunContext = <T>(context: InlineContext, work: () => T): T => contexts.run(context, work);
