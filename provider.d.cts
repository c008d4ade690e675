import type { dynamic } from "@pulumi/pulumi";

/** What the states of this package's resources name as their provider: Pulumi's host calls it, nobody else has to. */
export function provider(kind: "folder" | "secretSet" | "migration" | "retirement"): dynamic.ResourceProvider;
