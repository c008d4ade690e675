import type { EngineEvent } from "./port.js";

const closing = /^(preview|update|refresh|destroy) (failed|canceled)$/;

/** Collects the messages of error diagnostics as they pass: each once, without the closing "update failed" when there is a reason. */
export class ErrorCollector {
  private readonly messages = new Set<string>();

  see({ diagnosticEvent }: EngineEvent): void {
    if (diagnosticEvent?.severity === "error") this.messages.add(withoutTrace(diagnosticEvent.message));
  }

  list(): string[] {
    const all = [...this.messages].filter((message) => message !== "");
    const reasons = all.filter((message) => !closing.test(message));
    return reasons.length > 0 ? reasons : all;
  }
}

/** Stack frames are of no use to the person who runs a stack. */
const withoutTrace = (message: string): string =>
  message
    .split("\n")
    .filter((line) => !/^\s+at .*(:\d+:\d+|<anonymous>|native)\)?$/.test(line))
    .join("\n")
    .trim();
