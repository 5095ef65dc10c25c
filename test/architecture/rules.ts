import { builtinModules } from "node:module";
import { posix } from "node:path";

/**
 * The order of the folders: a file imports only from rows above its own, and within a row only inside its own
 * folder. The files that stand in src/ itself share the first row.
 */
export const rows = [
  ".",
  "hardware",
  "graph",
  "onnx",
  "models",
  "autodiff",
  "runtime",
  "data",
  "lower",
  "mapping",
  "train",
  "compress",
  "array",
  "simulate",
  "cost",
  "recipe",
  "report",
  "index.ts",
  "node",
  "sweep",
  "cli",
] as const;

/** Faces see the program through its two public doors only. */
const faces = ["sweep", "cli"];
const doors = ["src/index.ts", "src/node/index.ts"];
const builtins = new Set(builtinModules.map((name) => name.replace(/^node:/, "")));
const maximumLines = 500;

/** What only the outer rows may touch; chance, time and files are arguments everywhere else. */
const outsideWorld: readonly (readonly [RegExp, string])[] = [
  [/\bcrypto\s*\.\s*(getRandomValues|randomUUID)\b/, "crypto"],
  [/(?<![.\w])fetch\s*\(/, "fetch"],
  [/\bMath\s*\.\s*random\b/, "Math.random"],
  [/\bDate\s*\.\s*now\b/, "Date.now"],
  [/\bnew\s+Date\s*(\(\s*\)|[^\s(])/, "new Date()"],
  [/\bperformance\s*\.\s*(now|timeOrigin|mark)\b/, "performance.now"],
  [/\bprocess\s*\??\.\s*(env|argv|exit|cwd|hrtime|on)\b/, "process"],
];

/** Workers are made in one place. */
const newWorker: readonly [RegExp, string] = [/\bnew\s+(Shared)?Worker\s*\(/, "new Worker"];

export interface SourceFile {
  /** From the repository's root, with "/": `src/graph/types.ts`. */
  readonly path: string;
  readonly text: string;
}

/** Everything in the files that the architecture forbids, as `path:line: what`. */
export function violations(files: readonly SourceFile[], packages: ReadonlySet<string>): string[] {
  const paths = new Set(files.map((file) => file.path));
  return files.flatMap((file) => [
    ...importViolations(file, paths, packages),
    ...globalViolations(file),
    ...lengthViolations(file),
  ]);
}

function importViolations(
  file: SourceFile,
  paths: ReadonlySet<string>,
  packages: ReadonlySet<string>,
): string[] {
  const code = blank(file.text, { strings: false });
  return specifiers(code).flatMap(({ specifier, offset }) => {
    const reason = specifier.startsWith(".")
      ? refusedFile(file.path, specifier, paths)
      : refusedPackage(file.path, specifier, packages);
    return reason ? [`${place(file, offset)}: ${reason}`] : [];
  });
}

/** Why a file may not import that other file, or null where it may. */
function refusedFile(path: string, specifier: string, paths: ReadonlySet<string>): string | null {
  const resolved = posix.normalize(posix.join(posix.dirname(path), specifier));
  // AssemblyScript names modules without an extension.
  const target = path.startsWith("src/array/assembly/") ? `${resolved}.ts` : resolved.replace(/\.js$/, ".ts");
  if (!paths.has(target)) return `imports ${specifier}, which is no source file`;
  const from = rowOf(path);
  const to = rowOf(target);
  if (from === null) return `stands in no row of the architecture`;
  if (to === null) return `imports ${target}, which stands in no row of the architecture`;
  if (path.startsWith("src/array/reference/") && target.startsWith("src/array/assembly/"))
    return `array/reference imports array/assembly`;
  if (from === to) return null;
  // The command line shows the other face.
  if (from === "cli" && target === "src/sweep/index.ts") return null;
  if (faces.includes(from) && !doors.includes(target))
    return `${from} imports ${target}; it uses the two public doors only`;
  return rows.indexOf(to) < rows.indexOf(from) ? null : `${from} imports ${target}, a row below its own`;
}

function refusedPackage(path: string, specifier: string, packages: ReadonlySet<string>): string | null {
  const row = rowOf(path) ?? "";
  if (specifier.startsWith("node:") || builtins.has(specifier.split("/")[0]!)) {
    if (!specifier.startsWith("node:")) return `imports ${specifier} without node:`;
    return isOuter(row) ? null : `${row} imports ${specifier}; only node, sweep and cli may`;
  }
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  if (name.startsWith("onnxruntime-") && row !== "runtime")
    return `${row} imports ${specifier}; only runtime may`;
  if (name === "piscina" && row !== "node") return `${row} imports piscina; only node makes workers`;
  return packages.has(name) ? null : `imports ${specifier}, which is no dependency of the package`;
}

function globalViolations(file: SourceFile): string[] {
  const row = rowOf(file.path) ?? "";
  if (row === "node") return [];
  const code = blank(file.text, { strings: true });
  const forbidden = isOuter(row) ? [newWorker] : [...outsideWorld, newWorker];
  return forbidden.flatMap(([pattern, name]) =>
    [...code.matchAll(new RegExp(pattern, "g"))].map(
      (match) =>
        `${place(file, match.index)}: uses ${name}; chance, time and the machine come as arguments from node/`,
    ),
  );
}

function lengthViolations(file: SourceFile): string[] {
  const lines = file.text.split("\n").length - 1;
  if (file.path.includes("/generated/") || lines <= maximumLines) return [];
  return [`${file.path}:${maximumLines + 1}: has ${lines} lines; at most ${maximumLines} can be read`];
}

const isOuter = (row: string): boolean => row === "node" || faces.includes(row);

/** The row of the list that a file stands in: its folder, or "." for a file of src/ itself. */
export function rowOf(path: string): (typeof rows)[number] | null {
  const [root, first, second] = path.split("/");
  if (root !== "src" || first === undefined) return null;
  const row = second === undefined && first !== "index.ts" ? "." : first;
  return rows.find((known) => known === row) ?? null;
}

function place(file: SourceFile, offset: number): string {
  return `${file.path}:${file.text.slice(0, offset).split("\n").length}`;
}

export interface Import {
  /** "" where the module is not named by a plain string. */
  readonly specifier: string;
  readonly offset: number;
}

/** Every module that code without comments names: imports, exports from, side effects, types, require. */
export function specifiers(code: string): Import[] {
  const patterns = [
    /^[ \t]*(?:import|export)\b[^;"'`()=]*?\bfrom\s*["']([^"']+)["']/gm,
    /^[ \t]*import\s*["']([^"']+)["']/gm,
    /(?<![.\w])(?:import|require)\s*\(\s*["'`]([^"'`]+)["'`]/g,
  ];
  return patterns
    .flatMap((pattern) =>
      [...code.matchAll(pattern)].map((match) => ({ specifier: match[1]!, offset: match.index })),
    )
    .sort((a, b) => a.offset - b.offset);
}

/** Where a slash begins a regular expression and not a division. */
const beforeRegExp = /(?:^|[(,=:[!&|?{};+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else))\s*$/;
const regExpLiteral = /\/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])+\/[a-z]*/y;

/**
 * The text with comments (and with `strings` also the insides of strings and regular expressions) replaced by
 * spaces, line breaks kept, so that every offset still names the same place.
 */
export function blank(text: string, { strings }: { readonly strings: boolean }): string {
  let out = "";
  let at = 0;
  // The braces open in each `${` of a template that the scan is inside of.
  const templates: number[] = [];
  const spaces = (part: string) => part.replace(/[^\n]/g, " ");
  const take = (end: number, hide: boolean) => {
    out += hide ? spaces(text.slice(at, end)) : text.slice(at, end);
    at = end;
  };
  const takeTemplate = () => {
    const end = templateEnd(text, at + 1);
    const opens = text.startsWith("${", end);
    take(end + (opens ? 2 : 1), strings);
    if (opens) templates.push(0);
  };
  while (at < text.length) {
    const c = text[at]!;
    if (text.startsWith("//", at)) take(endOf(text, "\n", at), true);
    else if (text.startsWith("/*", at)) take(endOf(text, "*/", at) + 2, true);
    else if (c === '"' || c === "'") take(stringEnd(text, at), strings);
    else if (c === "`") takeTemplate();
    else if (c === "}" && templates.at(-1) === 0) {
      templates.pop();
      takeTemplate();
    } else if (c === "/" && beforeRegExp.test(out.slice(-80))) {
      regExpLiteral.lastIndex = at;
      take(at + (regExpLiteral.exec(text)?.[0].length ?? 1), strings);
    } else {
      if (templates.length > 0 && c === "{") templates[templates.length - 1]!++;
      if (templates.length > 0 && c === "}") templates[templates.length - 1]!--;
      take(at + 1, false);
    }
  }
  return out;
}

function endOf(text: string, mark: string, from: number): number {
  const end = text.indexOf(mark, from);
  return end < 0 ? text.length : end;
}

/** One past the closing quote. */
function stringEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== text[start] && text[at] !== "\n") at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** The closing backtick, or the `${` that comes before it. */
function templateEnd(text: string, start: number): number {
  let at = start;
  while (at < text.length && text[at] !== "`" && !text.startsWith("${", at)) at += text[at] === "\\" ? 2 : 1;
  return at;
}
