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
 */
export class InfisicalError extends Error {
  override readonly name = "InfisicalError";
  readonly kind: InfisicalErrorKind;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly status?: number;

  constructor(kind: InfisicalErrorKind, diagnosis: string, request: { method: string; path: string; status?: number }) {
    const { method, path, status } = request;
    super(`${diagnosis} [${method} ${path}${status === undefined ? "" : `: ${status}`}]`);
    this.kind = kind;
    this.method = method;
    this.path = path;
    if (status !== undefined) this.status = status;
  }
}
