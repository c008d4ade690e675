/**
 * The error bodies of the real server: `{statusCode, message, error}` in this order, where `error` is a class name,
 * an operation name or, for a missing membership, a whole sentence (measured on a server of October 2024).
 */
import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { ZodError } from "zod/v3";

/** Which server to be: the measured one of October 2024, or what its current source says. */
export type Flavour = "2024-10" | "current";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly error: string,
    message: string,
  ) {
    super(message);
  }
}

export const badRequest = (message: string, error = "BadRequest") => new ApiError(400, error, message);
export const notFound = (message: string, error = "NotFound") => new ApiError(404, error, message);
export const unauthorized = (message: string) => new ApiError(401, "UnauthorizedError", message);
export const tokenError = (message: string) => new ApiError(403, "TokenError", message);
export const expiredToken = () => tokenError("Your token has expired. Please re-authenticate.");
/** The reason stands in `error`, the message is always this one. */
export const forbidden = (reason: string) => new ApiError(403, reason, "You are not allowed to access this resource");
/** A failed query. The label is the real server's name of that query. */
export const databaseError = (query: string) => new ApiError(500, query, "Something went wrong");

export const folderNotFound = (path: string, environment: string, error = "NotFound") =>
  notFound(`Folder with path '${path}' in environment with slug '${environment}' not found`, error);

/** Everything the real server does not expect (malformed JSON, a body over 1 MiB) is a 500 there, not a 4xx. */
const unexpected = new ApiError(500, "InternalServerError", "Something went wrong");

export function installErrors(app: FastifyInstance, flavour: Flavour): void {
  app.setErrorHandler((error, _request, reply) => {
    const { status, message, label } = describe(error, flavour);
    const body = { statusCode: status, message, error: label };
    if (flavour === "2024-10") return reply.code(status).send(body);
    const details = label === "PermissionDenied" ? { details: [] } : {};
    return reply.code(status).send({ reqId: `req-${randomUUID()}`, ...body, ...details });
  });
}

function describe(error: unknown, flavour: Flavour) {
  if (error instanceof ZodError) {
    // The measured server answers 401 to invalid input, the current one 422.
    return { status: flavour === "current" ? 422 : 401, message: error.issues, label: "ValidationFailure" };
  }
  const known = error instanceof ApiError ? error : unexpected;
  return { status: known.status, message: known.message, label: known.error };
}
