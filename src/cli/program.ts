import { readFileSync } from "node:fs";
import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import { type Choices, emptyCommand } from "./command.js";
import { commands } from "./commands.js";
import { completions } from "./completion.js";
import { explainFailure } from "./usage.js";

/**
 * Runs one command line and returns the exit code: 0 done, 1 failed, 2 wrong usage or input, 130 interrupted.
 * @param words what stands behind `xbarkit`
 */
export async function main(words: readonly string[]): Promise<number> {
  // A reader that stops reading (`| head`) ends the program, and is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    process.exit(error.code === "EPIPE" ? 0 : 1);
  });
  const choices: Choices = new Map();
  const program = createProgram(choices);
  if (words[0] === "complete" && words[1] === "--") {
    process.stdout.write(`${completions(program, words.slice(2), choices)}\n`);
    return 0;
  }
  const command = program.commands.find((candidate) => candidate.name() === words[0]);
  const context = {
    commandName: command ? `xbarkit ${command.name()}` : "xbarkit",
    debug: words.includes("--debug"),
  };
  const report = (error: unknown): number => {
    const { text, code } = explainFailure(error, context);
    if (text !== "") process.stderr.write(`${text}\n`);
    return code;
  };
  // What is thrown outside of the command's own promise, by a worker's event for instance, reads no other way.
  process.on("uncaughtException", (error) => process.exit(report(error)));
  try {
    await program.parseAsync(words, { from: "user" });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    return report(error);
  }
}

function createProgram(choices: Choices): CommandUnknownOpts {
  const program = emptyCommand(
    "xbarkit",
    "Quantises, places, simulates and costs neural networks on RRAM crossbar chips.",
    [
      {
        command: "xbarkit compress resnet20.onnx --data cifar10",
        about: "your own network on the default chip",
      },
      { command: "xbarkit run recipes/resnet20-ptq.yaml", about: "a whole experiment from a file" },
      { command: "xbarkit report runs/resnet20-1a2b3c4d", about: "its tables again" },
      { command: "xbarkit doctor", about: "what this machine offers" },
    ],
  )
    .usage("COMMAND [options]")
    .version(packageVersion(), "-V, --version", "show the version")
    .helpCommand(false);
  for (const build of commands) program.addCommand(build(choices));
  return program;
}

/** The package's version, from its own package.json: dist/cli and src/cli are equally deep. */
export function packageVersion(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
