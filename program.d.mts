/**
 * The Pulumi program of the built-in catalog.
 *
 * @returns the stack's outputs
 * @example
 * ```ts
 * import program from "console-vault/program";
 * export default program;
 * ```
 */
declare const program: () => Promise<Record<string, unknown>>;
export default program;
