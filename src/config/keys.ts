/** Pulumi's namespace of the keys. */
export const namespace = "console-vault";

/** The key of `Pulumi.yaml`'s `config` that names a project's catalog; no stack has one of its own. */
export const catalogKey = `${namespace}:catalog`;
