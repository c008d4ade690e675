/** The Pulumi program of the built-in catalog. @returns the stack's outputs */
declare const program: () => Promise<Record<string, unknown>>;
export = program;
