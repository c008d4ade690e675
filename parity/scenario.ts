// What a parity run asks of two targets: steps as data, each with the request that it makes on a target.
import type { Request } from "../src/http/index.js";

/** A request whose body is not yet JSON, and who sends it. */
export interface Asked<Caller extends string> {
  readonly method: Request["method"];
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Default: the first of the target's callers. */
  readonly as?: Caller;
}

export interface Step<Context, Caller extends string> {
  /** A sentence, unique in its scenario: known differences and reports name it. */
  readonly name: string;
  readonly ask: (context: Context) => Asked<Caller>;
  /** What later steps need of the answer: `Context` finds it under the name. */
  readonly keep?: { readonly as: string; readonly from: (body: unknown) => unknown };
}

export interface Scenario<Context, Caller extends string, Can extends string> {
  readonly name: string;
  /** What a target has to be able to do; where one of the two cannot, the scenario is left out, and the report says so. */
  readonly needs?: readonly Can[];
  /** Before the steps, past the API, such as an approval policy. */
  readonly prepare?: (context: Context) => Promise<void> | void;
  readonly steps: readonly Step<Context, Caller>[];
}

/** Values by name: made when first asked for, so that a report can say which one it was and never what it was. */
export class Values {
  readonly #made = new Map<string, string>();

  constructor(private readonly make: (name: string) => string) {}

  of(name: string): string {
    const value = this.#made.get(name) ?? this.make(name);
    this.#made.set(name, value);
    return value;
  }

  entries(): [name: string, value: string][] {
    return [...this.#made];
  }
}
