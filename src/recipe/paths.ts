/** Paths as texts: a recipe is read where no file system need be. Both separators are understood. */

export const isAbsolutePath = (path: string): boolean => /^([/\\]|[A-Za-z]:[/\\])/.test(path);

/** The parts of a path one after another, with "." and ".." taken out where that is possible. */
export function joinPaths(...paths: readonly string[]): string {
  const whole = paths.filter((path) => path !== "").join("/");
  const root = /^([A-Za-z]:)?[/\\]+/.exec(whole)?.[0].replaceAll("\\", "/").replace(/\/+$/, "/") ?? "";
  const kept: string[] = [];
  for (const part of whole.slice(root.length).split(/[/\\]+/)) {
    if (part === "" || part === ".") continue;
    if (part === ".." && kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (part !== ".." || root === "") kept.push(part);
  }
  return root + kept.join("/") || ".";
}

/** The last part of a path, without that ending. */
export function baseName(path: string, ending: RegExp): string {
  const last =
    path
      .split(/[/\\]+/)
      .filter((part) => part !== "")
      .at(-1) ?? "";
  return last.replace(ending, "");
}

/** A text as a name for folders: letters, digits, dots, dashes and underscores. */
export const folderName = (text: string): string =>
  text
    .replace(/[^A-Za-z0-9._-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "")
    .slice(0, 100) || "run";
