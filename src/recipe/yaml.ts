import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  visit,
  type YAMLError,
} from "yaml";
import { InputError, type SourcePlace } from "../errors.js";
import { isAbsolutePath, joinPaths } from "./paths.js";
import type { RecipePath, RecipeSource } from "./source.js";

const mostCharacters = 256 * 1024;
const deepestNesting = 64;
const mostAliases = 64;

/** A YAML text as plain data, and where each of its values stands. */
export interface YamlText {
  readonly value: unknown;
  readonly source: RecipeSource;
}

/** What a file should hold, for the hints of errors. */
export interface YamlKind {
  readonly what: string;
  readonly needs: string;
  readonly startsLike: string;
}

const recipeKind: YamlKind = {
  what: "a recipe",
  needs: "a recipe needs at least model and data; recipes/ has examples",
  startsLike: "a recipe starts like `model: network.onnx`; recipes/ has examples",
};

/** @throws InputError for what is no YAML, with its line; for a text that is empty, or large beyond reason */
export function readYaml(text: string, file: string, kind: YamlKind = recipeKind): YamlText {
  const start = { file, line: 1, column: 1 };
  if (text.length > mostCharacters) {
    throw new InputError(`the file has ${text.length} characters`, {
      hint: `${kind.what} has at most ${mostCharacters}; is it another kind of file?`,
      place: start,
    });
  }
  const lines = new LineCounter();
  const placeAt = (offset: number): SourcePlace => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };
  checkNesting(text, file);
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem) throw explainYaml(problem, text, placeAt);
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null))
    throw new InputError("the file is empty", {
      hint: kind.needs,
      place: start,
    });
  if (!isMap(document.contents))
    throw new InputError(`the file holds ${kindOf(document.contents)}, not keys and values`, {
      hint: kind.startsLike,
      place: placeAt(document.contents.range?.[0] ?? 0),
    });
  visit(document, {
    Alias: (_, alias) => {
      if (alias.resolve(document)) return;
      const [what, hint] = messages.BAD_ALIAS!;
      throw new InputError(`*${alias.source}: ${what}`, { hint, place: placeAt(alias.range?.[0] ?? 0) });
    },
  });
  return { value: toPlain(document, start), source: sourceOf(document, placeAt, file) };
}

function toPlain(document: Document.Parsed, start: SourcePlace): unknown {
  try {
    return document.toJS({ maxAliasCount: mostAliases });
  } catch (error) {
    throw new InputError(`the file's aliases (*name) cannot be followed`, {
      hint: `use at most ${mostAliases} of them, each after its anchor and none inside itself`,
      place: start,
      cause: error,
    });
  }
}

/** A parser that calls itself for each level must not be fed thousands of them. */
function checkNesting(text: string, file: string): void {
  let depth = 0;
  let line = 1;
  let lineStart = 0;
  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (c === "\n") {
      line++;
      lineStart = at + 1;
    } else if (c === "[" || c === "{") depth++;
    else if (c === "]" || c === "}") depth = Math.max(0, depth - 1);
    // Block collections may open a level with every "- " or "? " on a line.
    if (depth > deepestNesting || /^(?:[-?:] ?){65}/.test(text.slice(at, at + 130))) {
      throw new InputError(`the text is nested more than ${deepestNesting} levels deep`, {
        hint: "a recipe needs five",
        place: { file, line, column: at - lineStart + 1 },
      });
    }
  }
}

const messages: Partial<Record<YAMLError["code"], readonly [what: string, hint: string]>> = {
  DUPLICATE_KEY: ["is given twice", "keep one of the two"],
  TAB_AS_INDENT: ["a tab stands where the line is indented", "indent with spaces"],
  BAD_INDENT: [
    "the indentation does not fit the lines above",
    "indent all keys of a section alike, with spaces",
  ],
  MISSING_CHAR: ["a character is missing", "check quotes, brackets, and the colon after a key"],
  MULTIPLE_DOCS: ["a second document starts", "a file holds one recipe; remove the line ---"],
  BAD_ALIAS: ["the alias has no anchor before it", "write the value itself"],
  BLOCK_AS_IMPLICIT_KEY: ["a section starts inside a line", "put it on lines of its own, indented"],
  MULTILINE_IMPLICIT_KEY: ["a key goes over several lines", "check the line's colon and quotes"],
  TAG_RESOLVE_FAILED: ["the tag is not known", "write the value without a tag"],
};

function explainYaml(problem: YAMLError, text: string, placeAt: (offset: number) => SourcePlace): InputError {
  const at = problem.pos[0];
  const place = placeAt(at);
  const lineEnd = text.indexOf("\n", at);
  const line = text.slice(at, lineEnd < 0 ? text.length : lineEnd);
  if (/^\t/.test(line) && problem.code !== "DUPLICATE_KEY") {
    const [what, hint] = messages.TAB_AS_INDENT!;
    return new InputError(what, { hint, place, cause: problem });
  }
  const known = messages[problem.code];
  if (problem.code === "DUPLICATE_KEY") {
    const key = /^[^:\s]+/.exec(line)?.[0] ?? "a key";
    return new InputError(`${key} ${known![0]}`, { hint: known![1], place, cause: problem });
  }
  const said = problem.message.split("\n", 1)[0]!;
  if (known) return new InputError(`${known[0]} (${said})`, { hint: known[1], place, cause: problem });
  return new InputError(`this is no YAML: ${said}`, { hint: "recipes/ has examples", place, cause: problem });
}

function sourceOf(
  document: Document.Parsed,
  placeAt: (offset: number) => SourcePlace,
  file: string,
): RecipeSource {
  const at = (node: Node | null | undefined): SourcePlace | undefined =>
    node?.range ? placeAt(node.range[0]) : undefined;
  const place = (path: RecipePath): SourcePlace | undefined => {
    // What is missing stands where its section starts.
    for (let length = path.length; length >= 0; length--) {
      const found = find(document, path.slice(0, length));
      const place = found && (at(found.value) ?? at(found.key));
      if (place) return place;
    }
    return undefined;
  };
  return {
    label: pathText,
    shown: (path, value) => {
      const node = find(document, path)?.value;
      if (isScalar(node) && typeof node.value !== "string" && node.source !== undefined)
        return node.source || "empty";
      return shortJson(value);
    },
    place,
    keyPlace: (path) => at(find(document, path)?.key) ?? place(path),
    resolveFile: (path) => (isAbsolutePath(path) ? path : joinPaths(file, "..", path)),
  };
}

interface Found {
  readonly key?: Node;
  readonly value: Node | null;
}

/** The key and value nodes at a path, aliases followed. */
function find(document: Document.Parsed, path: RecipePath): Found | undefined {
  let found: Found = { value: document.contents };
  for (const key of path) {
    const node = isAlias(found.value) ? (found.value.resolve(document) ?? null) : found.value;
    if (isSeq(node)) {
      const item = node.items[Number(key)];
      if (item === undefined) return undefined;
      found = { value: item as Node | null };
    } else if (isMap(node)) {
      const pair = node.items.find((item) => keyText(item) === String(key));
      if (!pair) return undefined;
      found = { key: pair.key as Node, value: pair.value as Node | null };
    } else return undefined;
  }
  return found;
}

const keyText = (pair: Pair): string => String(isScalar(pair.key) ? pair.key.value : pair.key);

/** stages[0].weights.bits */
export const pathText = (path: RecipePath): string =>
  path.reduce<string>(
    (text, key) => (typeof key === "number" ? `${text}[${key}]` : text === "" ? key : `${text}.${key}`),
    "",
  ) || "the recipe";

const kindOf = (node: Node): string => (isSeq(node) ? "a list" : "a single value");

/** A value in a message: as JSON would write it, but NaN and the infinities by their names, and cut where it is long. */
export function shortJson(value: unknown): string {
  const text = typeof value === "number" ? String(value) : (JSON.stringify(value) ?? typeof value);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}
