import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { Choices } from "./command.js";

/** Directives of the completion scripts: 0 lets the shell offer files, 4 keeps it from that. */
const files = 0;
const noFiles = 4;

export const shells = ["bash", "zsh", "fish", "powershell"] as const;

/** Prints the script that a shell reads to complete `xbarkit`. */
export async function printScript(shell: string): Promise<void> {
  if (!shells.some((known) => known === shell)) {
    const { InputError } = await import("../index.js");
    throw new InputError(`SHELL is ${shell}`, { hint: `choose ${shells.join(", ")}` });
  }
  const { script } = await import("@bomb.sh/tab");
  script(shell, "xbarkit", "xbarkit");
  // Registered again, so that bash offers files where the program has nothing to offer.
  if (shell === "bash") console.log("complete -o default -o bashdefault -F __xbarkit_complete xbarkit");
}

/**
 * What may stand in place of the last of the words behind `xbarkit`: one candidate with its description on each line,
 * then the directive, as the completion scripts read it.
 */
export function completions(program: CommandUnknownOpts, words: readonly string[], choices: Choices): string {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const { command, positionals, openOption } = walk(program, before);
  const inline = /^(--[^=]+)=(.*)$/.exec(current);
  if (inline) return values(choices.get(`${command.name()} ${inline[1]}`), inline[2]!, `${inline[1]}=`);
  if (openOption) return values(choices.get(`${command.name()} ${openOption}`), current);
  if (current.startsWith("-")) {
    const options = command.createHelp().visibleOptions(command as never);
    return answer(
      options.map(({ long, short, description }) => [long ?? short ?? "", description]),
      current,
      noFiles,
    );
  }
  const subcommands = command.createHelp().visibleCommands(command as never) as CommandUnknownOpts[];
  if (subcommands.length > 0)
    return answer(
      subcommands.map((c) => [c.name(), c.summary() || c.description()]),
      current,
      noFiles,
    );
  const { registeredArguments: known } = command;
  const argument = known[positionals] ?? (known.at(-1)?.variadic ? known.at(-1) : undefined);
  return argument ? values(choices.get(`${command.name()} ${argument.name()}`), current) : `:${noFiles}`;
}

/** Words are offered where there are any, files otherwise. */
function values(words: readonly string[] | undefined, current: string, prefix = ""): string {
  if (!words) return `:${files}`;
  return answer(
    words.map((word) => [prefix + word, ""]),
    prefix + current,
    noFiles,
  );
}

function answer(
  candidates: readonly (readonly [string, string])[],
  current: string,
  directive: number,
): string {
  const fitting = candidates.filter(([value]) => value.startsWith(current));
  return [...fitting.map(([value, about]) => `${value}\t${about}`), `:${directive}`].join("\n");
}

/** The command that the words before lead to, its arguments among them, and an option that waits for its value. */
function walk(program: CommandUnknownOpts, words: readonly string[]) {
  let command = program;
  let positionals = 0;
  let openOption: string | undefined;
  for (const word of words) {
    if (openOption) openOption = undefined;
    else if (word.startsWith("-")) {
      const option = command.options.find(({ long, short }) => word === long || word === short);
      if (option?.required && option.long) openOption = option.long;
    } else {
      const next = command.commands.find((candidate) => candidate.name() === word);
      if (next) command = next;
      else positionals++;
    }
  }
  return { command, positionals, openOption };
}
