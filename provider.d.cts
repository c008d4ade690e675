import type { dynamic } from "@pulumi/pulumi";

/**
 * What the states of this package's resources name as their provider: Pulumi's host calls it, and nothing else has to.
 *
 * @example
 * ```ts
 * import { provider } from "console-vault/provider";
 * const folder = provider("folder");
 * ```
 */
export function provider(kind: "folder" | "secretSet" | "migration" | "retirement"): dynamic.ResourceProvider;
