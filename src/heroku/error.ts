export type HerokuErrorKind =
  /** The key is not accepted. */
  | "unauthorized"
  /** Accepted, but not for this app. */
  | "forbidden"
  | "not-found"
  | "rate-limited"
  /** The request can not succeed as it is. */
  | "invalid"
  /** Heroku failed, or its answer is not understood. */
  | "unavailable"
  /** No answer. */
  | "unreachable";

/**
 * The one error of the Heroku client. Its message is the diagnosis and what mends it; it holds no header, key or value, and no
 * `cause`, because the HTTP library's errors hold all of these.
 */
export class HerokuError extends Error {
  override readonly name = "HerokuError";
  readonly kind: HerokuErrorKind;
  readonly method: string;
  readonly path: string;
  /** None if no answer came. */
  readonly status: number | undefined;

  constructor(
    kind: HerokuErrorKind,
    diagnosis: string,
    request: { readonly method: string; readonly path: string; readonly status?: number | undefined },
  ) {
    const { method, path, status } = request;
    super(`${diagnosis} [${method} ${path}${status === undefined ? "" : `: ${status}`}]`);
    this.kind = kind;
    this.method = method;
    this.path = path;
    this.status = status;
  }
}
