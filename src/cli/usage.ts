import { CommanderError } from "commander";

export const exitCodes = { done: 0, failed: 1, wrongInput: 2, interrupted: 130 } as const;

/**
 * What to print for anything that a command threw, and the exit code. Wrong input is told from a failure by the
 * error's name: importing its class would load the whole program before the command line is even read.
 */
export function explainFailure(
  error: unknown,
  { commandName, debug }: { commandName: string; debug: boolean },
) {
  if (error instanceof CommanderError) return explainUsage(error, commandName);
  const stack = debug && error instanceof Error ? `\n${error.stack ?? ""}${causes(error)}` : "";
  const text = error instanceof Error ? messageOf(error) : String(error);
  if (error instanceof Error && error.name === "InputError")
    return { text: `error: ${text}${stack}`, code: exitCodes.wrongInput };
  if (error instanceof Error && error.name === "InterruptedError")
    return { text: `interrupted: ${text}${stack}`, code: exitCodes.interrupted };
  const more =
    debug || text.startsWith("internal:") === false
      ? ""
      : "\n  this is a defect of xbarkit; --debug shows where";
  return { text: `failed: ${text}${more}${stack}`, code: exitCodes.failed };
}

/** An InputError prints itself with place and hint; others have only a message. */
const messageOf = (error: Error): string => (error.name === "InputError" ? String(error) : error.message);

function causes(error: Error): string {
  const { cause } = error;
  return cause instanceof Error ? `\ncaused by ${cause.stack ?? cause.message}${causes(cause)}` : "";
}

/** Commander's errors in the words of the other ones: thing, value, way out. */
function explainUsage(error: CommanderError, commandName: string): { text: string; code: number } {
  if (error.code === "commander.helpDisplayed" || error.code === "commander.version")
    return { text: "", code: exitCodes.done };
  // Help was printed because nothing was asked for.
  if (error.code === "commander.help") return { text: "", code: exitCodes.wrongInput };
  const [first = "", second = ""] = error.message.replace(/^error: /, "").split("\n");
  const meant = /\(Did you mean (.*)\?\)/.exec(second)?.[1];
  const quoted = /'([^']*)'/.exec(first)?.[1] ?? "";
  const help = `${commandName} --help`;
  const hint = `${meant ? `did you mean ${meant}? ` : ""}see ${help}`;
  return {
    text: `error: ${usageText(error.code, quoted, first, commandName)}\n  ${hint}`,
    code: exitCodes.wrongInput,
  };
}

function usageText(code: string, quoted: string, message: string, commandName: string): string {
  switch (code) {
    case "commander.unknownOption":
      return `${quoted} is not an option of ${commandName}`;
    case "commander.unknownCommand":
      return `${quoted} is not a command of ${commandName}`;
    case "commander.missingArgument":
      return `${quoted.toUpperCase()} is missing`;
    case "commander.optionMissingArgument":
      return `${quoted.split(" ")[0]} has no value`;
    case "commander.excessArguments": {
      const [, expected, got] = /Expected (\d+) arguments? but got (\d+)/.exec(message) ?? [];
      return expected ? `${commandName} got ${got} arguments, but takes ${expected}` : message;
    }
    default:
      return message;
  }
}
