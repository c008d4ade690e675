// What the two ends of the channel between a command and the program of its update agree on.

/** Environment variable that leads a program to the command whose work its update holds the lock for: JSON of an {@link Address}. */
export const channelVariable = "ENGINE_WORK_CHANNEL";

/** Where the command listens. The secret shows that a caller was told, and did not just find the socket. */
export interface Address {
  /** Path of a Unix domain socket, or name of a Windows pipe. */
  readonly path: string;
  /** Random; sent as the first line of a connection. */
  readonly secret: string;
}

/** What the command answers, a line: nothing of the work itself ever passes the channel. */
export type Answer = "done" | "failed" | "asked twice";
