/** An error as the Platform API answers it: `{ id, message, url?, resource? }` with its status. */
export class PlatformError extends Error {
  override readonly name = "PlatformError";
  constructor(
    readonly status: number,
    readonly id: string,
    message: string,
    readonly extra: { readonly url?: string; readonly resource?: string } = {},
  ) {
    super(message);
  }

  body(): Record<string, string> {
    return { ...this.extra, id: this.id, message: this.message };
  }
}

const reference = "https://devcenter.heroku.com/articles/platform-api-reference";

export const unauthorized = () => new PlatformError(401, "unauthorized", "Invalid credentials provided.");

export const forbiddenApp = (name: string) =>
  new PlatformError(403, "forbidden", `You do not have access to the app ${name}.`);

export const notFound = (resource: "app" | "release" | "authorization") =>
  new PlatformError(404, "not_found", `Couldn't find that ${resource}.`, { resource });

export const noSuchEndpoint = () =>
  new PlatformError(
    404,
    "not_found",
    "The requested API endpoint was not found. Are you using the right HTTP verb (i.e. `GET` vs. `POST`), and did you specify your intended version with the `Accept` header?",
  );

export const notAcceptable = () =>
  new PlatformError(406, "not_acceptable", "Set `Accept: application/vnd.heroku+json; version=3` and try again.");

export const preconditionFailed = () =>
  new PlatformError(412, "precondition_failed", "The resource has changed since its ETag was read.");

export const rangeNotSatisfiable = (why: string) => new PlatformError(416, "requested_range_not_satisfiable", why);

export const invalidParams = (message: string) => new PlatformError(422, "invalid_params", message);

export const badRequest = (message: string) => new PlatformError(400, "bad_request", message);

export const rateLimited = () =>
  new PlatformError(
    429,
    "rate_limit",
    "Your account reached the API rate limit\nPlease wait a few minutes before making new requests",
    { url: `${reference}#rate-limits` },
  );
