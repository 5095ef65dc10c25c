import { type Argument, Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";

export interface Example {
  readonly command: string;
  /** One line above it in the help. */
  readonly about: string;
}

export interface OptionSpec {
  /** As commander reads it: "--out <dir>". */
  readonly flags: string;
  readonly about: string;
  /** Words that the value may be, offered by shell completion; where absent, files are offered. */
  readonly choices?: readonly string[];
  readonly heading?: string;
}

export interface ArgumentSpec {
  readonly name: string;
  readonly about: string;
  readonly choices?: readonly string[];
  readonly optional?: boolean;
  /** The last one may: any number of it, one at least. */
  readonly several?: boolean;
}

/** The options that every command takes, as texts that nobody has looked at yet. */
export interface CommonFlags {
  readonly json?: true;
  readonly seed?: string;
  readonly threads?: string;
  readonly quiet?: true;
  readonly debug?: true;
}

/** One command, as data. `run` gets the flags as commander leaves them: texts, and true for switches. */
export interface CommandSpec<F extends object> {
  readonly name: string;
  readonly about: string;
  readonly arguments?: readonly ArgumentSpec[];
  readonly options?: readonly OptionSpec[];
  readonly examples: readonly Example[];
  readonly run: (given: readonly string[], flags: F & CommonFlags) => Promise<void>;
}

const commonOptions: readonly OptionSpec[] = [
  { flags: "--json", about: "print the result as one JSON document on standard output" },
  { flags: "--seed <n>", about: "seed of every random choice (default: 1)", choices: [] },
  { flags: "--threads <n>", about: "threads to compute with (default: one per core)", choices: [] },
  { flags: "--quiet", about: "show no progress" },
  { flags: "--debug", about: "show where in the program an error comes from" },
].map((option) => ({ ...option, heading: "Options of every command:" }));

/** The words of options and arguments, by "command --flag" and "command argument". */
export type Choices = Map<string, readonly string[]>;

/** Makes commander's command of a spec; errors are thrown, not printed. */
export function buildCommand<F extends object>(spec: CommandSpec<F>, choices: Choices): CommandUnknownOpts {
  const command: CommandUnknownOpts = emptyCommand(spec.name, spec.about, spec.examples);
  const args = spec.arguments ?? [];
  for (const { name, about, choices: words, optional, several } of args) {
    const term = several ? `${name}...` : name;
    command.argument(optional ? `[${term}]` : `<${term}>`, about);
    if (words) choices.set(`${spec.name} ${name}`, words);
  }
  for (const { flags, about, choices: words, heading } of [...(spec.options ?? []), ...commonOptions]) {
    const option = new Option(flags, about);
    if (heading) option.helpGroup(heading);
    command.addOption(option);
    if (words) choices.set(`${spec.name} ${option.long}`, words);
  }
  const shown = args.map(({ name, optional, several }) => {
    const term = `${name.toUpperCase()}${several ? "..." : ""}`;
    return optional ? `[${term}]` : term;
  });
  command.usage([...shown, "[options]"].join(" "));
  command.action(async () => {
    await spec.run(command.args, command.opts() as F & CommonFlags);
  });
  return command;
}

const argumentTerm = (argument: Argument): string =>
  `${argument.name().toUpperCase()}${argument.variadic ? "..." : ""}`;

/** A command that does nothing yet: its help ends with examples. */
export function emptyCommand(name: string, about: string, examples: readonly Example[]): CommandUnknownOpts {
  const command = new Command(name)
    .description(about)
    .exitOverride()
    .configureOutput({ outputError: () => {} })
    .configureHelp({
      helpWidth: 100,
      subcommandTerm: (subcommand) =>
        [subcommand.name(), ...subcommand.registeredArguments.map(argumentTerm)].join(" "),
      argumentTerm,
    })
    .helpOption("-h, --help", "show this help");
  const lines = examples.map((example) => `  # ${example.about}\n  $ ${example.command}`);
  command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
  return command as unknown as CommandUnknownOpts;
}
