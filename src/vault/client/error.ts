import { RequestError } from "../../http/index.js";

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

/** The one error of the Infisical client. */
export class InfisicalError extends RequestError<InfisicalErrorKind> {
  override readonly name = "InfisicalError";
}
