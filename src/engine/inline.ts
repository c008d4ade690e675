// What the embedded engine can run in its own process instead of starting two for it.

/** What code of a run has in place of its process's environment and stderr. One object for one operation of the engine. */
export interface InlineContext {
  readonly env: NodeJS.ProcessEnv;
  print(line: string): void;
}

type Bag = Record<string, unknown>;

/** A dynamic provider, as the SDK's `cmd/dynamic-provider` calls it: values are plain, secrets unwrapped. */
export interface InlineProvider {
  check(olds: Bag, news: Bag): Promise<{ inputs: Bag; failures: { property: string; reason: string }[] }>;
  diff(
    id: string,
    olds: Bag,
    news: Bag,
  ): Promise<{ changes: boolean; replaces?: string[]; deleteBeforeReplace?: boolean }>;
  create(inputs: Bag): Promise<{ id: string; outs: Bag }>;
  update(id: string, olds: Bag, news: Bag): Promise<{ outs: Bag }>;
  /** Without an id: it is gone. */
  read(id: string, props: Bag): Promise<{ id?: string; props?: Bag; inputs?: Bag }>;
  delete(id: string, props: Bag): Promise<void>;
}

/** A program whose entry point exports a function, and the dynamic providers of its resources. */
export interface InlineProgram {
  /** @param path absolute and without links. Of any other program the engine makes a process */
  isEntryPoint(path: string): boolean;
  /** Loads the SDK, and what a run needs. Called before each run, and as early as it can be. */
  load(): Promise<unknown>;
  /** Runs the program once; its result are the stack's outputs. */
  run(context: InlineContext): Promise<object>;
  /**
   * @param code a resource's `__provider`
   * @param config the stack's configuration in clear, by `namespace:key`
   * @returns undefined for code that this does not stand for: it gets a process
   */
  provider(code: string, config: Bag, context: InlineContext): Promise<InlineProvider | undefined>;
}
