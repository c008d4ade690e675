import { RequestError } from "../../http/index.js";

/**
 * What happened to a request.
 *
 * @example
 * ```ts
 * import type { InfisicalErrorKind } from "console-vault/vault";
 * const worthRetrying: InfisicalErrorKind[] = ["unreachable", "rate-limited", "server"];
 * ```
 */
export type InfisicalErrorKind =
  /** No answer, or none from an Infisical server. */
  | "unreachable"
  /** Token, client id or client secret not accepted. */
  | "unauthorized"
  /** Accepted, but not for this path or verb. */
  | "forbidden"
  | "unknown-project"
  | "unknown-environment"
  | "not-found"
  /** The request can not succeed as it is. */
  | "invalid"
  /** The name is taken, or there more than once. */
  | "conflict"
  | "rate-limited"
  | "server"
  /** A write was sent, and whether it was done is not known. */
  | "unknown-outcome"
  /** For callers that can not go on while a change waits for an approval. */
  | "approval";

/**
 * The one error of the Infisical client. Its message is the diagnosis and what mends it; it holds no header, token,
 * body or value, and no `cause`, because the HTTP library's errors hold all of these.
 *
 * @example
 * ```ts
 * import { type InfisicalClient, InfisicalError } from "console-vault/vault";
 * // Unreadable is not missing.
 * const readable = (client: InfisicalClient, path: string) =>
 *   client.listSecrets(path).then(
 *     () => true,
 *     (error: unknown) => {
 *       if (error instanceof InfisicalError && error.kind === "forbidden") return false;
 *       throw error;
 *     },
 *   );
 * ```
 */
export class InfisicalError extends RequestError<InfisicalErrorKind> {
  override readonly name = "InfisicalError";
}
