/** One element of a checked document; text is decoded. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: (XmlElement | string)[];
}

const token =
  /<\?xml [^<>]*\?>|<!DOCTYPE html>|<\/([a-zA-Z][\w-]*)>|<([a-zA-Z][\w-]*)((?:\s+[a-zA-Z][\w:-]*="[^"<]*")*)\s*(\/?)>|([^<]+)/gy;

/**
 * Parses markup as strictly as XML: every tag closed in order, attributes quoted and unique, no bare ampersand, one
 * root. Throws with the place of the first fault.
 */
export function parseXml(text: string): XmlElement {
  const document: XmlElement = { name: "", attributes: new Map(), children: [] };
  const open = [document];
  token.lastIndex = 0;
  while (token.lastIndex < text.length) {
    const at = token.lastIndex;
    const match = token.exec(text);
    if (!match) throw new Error(`not XML at ${at}: ${text.slice(at, at + 60)}`);
    const [, closing, opening, attributes = "", selfClosed, content] = match;
    const parent = open.at(-1)!;
    if (content !== undefined) parent.children.push(decode(content, at));
    if (closing !== undefined && open.pop()!.name !== closing)
      throw new Error(`</${closing}> at ${at} closes another`);
    if (opening === undefined) continue;
    const element = { name: opening, attributes: attributesOf(attributes, at), children: [] };
    parent.children.push(element);
    if (!selfClosed) open.push(element);
  }
  if (open.length > 1) throw new Error(`<${open.at(-1)!.name}> is never closed`);
  const roots = document.children.filter((child) => typeof child !== "string");
  if (roots.length !== 1) throw new Error(`${roots.length} roots`);
  return roots[0]!;
}

function attributesOf(text: string, at: number): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, key, value] of text.matchAll(/([\w:-]+)="([^"]*)"/g)) {
    if (found.has(key!)) throw new Error(`attribute ${key} twice at ${at}`);
    found.set(key!, decode(value!, at));
  }
  return found;
}

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" };

function decode(text: string, at: number): string {
  return text.replace(/&([^;]*);?/g, (whole, name: string) => {
    if (!whole.endsWith(";") || !(name in entities))
      throw new Error(`bare & at ${at}: ${whole.slice(0, 20)}`);
    return entities[name]!;
  });
}

/** All elements below and with this one that have the name and, where given, the class. */
export function all(root: XmlElement, name: string, className?: string): XmlElement[] {
  const below = root.children.flatMap((child) =>
    typeof child === "string" ? [] : all(child, name, className),
  );
  const fits =
    root.name === name &&
    (className === undefined || (root.attributes.get("class") ?? "").split(" ").includes(className));
  return fits ? [root, ...below] : below;
}

export const textOf = (element: XmlElement): string =>
  element.children.map((child) => (typeof child === "string" ? child : textOf(child))).join("");

export const numberOf = (element: XmlElement, attribute: string): number => {
  const value = Number(element.attributes.get(attribute));
  if (!Number.isFinite(value)) throw new Error(`${element.name} ${attribute} is no number`);
  return value;
};
