/**
 * The error of a service's client. Its message is the diagnosis and what mends it. It holds no header, credential, body or
 * value, and no `cause`, because the HTTP library's errors hold all of these.
 */
export class RequestError<Kind extends string> extends Error {
  readonly kind: Kind;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** None if no answer came. */
  readonly status?: number;
  /** What the server's own log calls the request, where its answer says so. */
  readonly requestId?: string;

  constructor(
    kind: Kind,
    diagnosis: string,
    request: {
      readonly method: string;
      readonly path: string;
      readonly status?: number | undefined;
      readonly requestId?: string | undefined;
    },
  ) {
    const { method, path, status, requestId } = request;
    const answered = status === undefined ? "" : `: ${status}`;
    super(`${diagnosis} [${method} ${path}${answered}${requestId === undefined ? "" : `, request ${requestId}`}]`);
    this.kind = kind;
    this.method = method;
    this.path = path;
    if (status !== undefined) this.status = status;
    if (requestId !== undefined) this.requestId = requestId;
  }
}
