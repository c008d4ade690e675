// Where code of a run gets what a process of its own would have: a run inside another process has its own environment variables.
import { AsyncLocalStorage } from "node:async_hooks";

/** What a program and its dynamic providers see of the outside in one operation of an engine. */
export interface RunContext {
  /** In place of `process.env`. */
  readonly env: NodeJS.ProcessEnv;
  /** Says a line beside the run's own events, in place of stderr. */
  print(line: string): void;
}

const ofProcess: RunContext = {
  get env() {
    return process.env;
  },
  print: (line) => void process.stderr.write(`${line}\n`),
};
const contexts = new AsyncLocalStorage<RunContext>();

/** The run's that this call is part of; the process's own, where it is part of none. The same object all through a run. */
export const runContext = (): RunContext => contexts.getStore() ?? ofProcess;

export const inRunContext = <T>(context: RunContext, work: () => T): T => contexts.run(context, work);
