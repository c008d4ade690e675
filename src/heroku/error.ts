import { RequestError } from "../http/index.js";

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

/** The one error of the Heroku client. */
export class HerokuError extends RequestError<HerokuErrorKind> {
  override readonly name = "HerokuError";
}
