/** Markup that is finished: `element` passes it through, while it escapes plain strings. */
export interface Markup {
  readonly markup: string;
}

export type Child = Markup | string | number | readonly Child[] | undefined;

export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** HTML elements that have no content and no closing tag; `<br />` is read alike as HTML and as XML. */
const voidElements = new Set(["br", "col", "hr", "input", "link", "meta"]);
/** SVG shapes are closed in place when they are empty. */
const shapes = new Set(["circle", "line", "path", "rect", "use"]);

/**
 * One element of SVG or HTML as text, well-formed as XML. Strings among the children are text and are escaped, and
 * so are attributes; an attribute that is `undefined` or `false` is left out, `true` repeats its name.
 */
export function element(name: string, attributes: Attributes = {}, ...children: readonly Child[]): Markup {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== false)
    .map(
      ([key, value]) => ` ${key}="${escapeText(attributeText(name, key, value as string | number | true))}"`,
    )
    .join("");
  const content = children.map((child) => render(child)).join("");
  if (content === "" && (voidElements.has(name) || shapes.has(name))) return raw(`<${name}${written} />`);
  return raw(`<${name}${written}>${content}</${name}>`);
}

/** Text that is markup already: a style sheet, a script. Never pass names or numbers of a run through this. */
export const raw = (markup: string): Markup => ({ markup });

export function render(child: Child): string {
  if (child === undefined) return "";
  if (typeof child === "string") return escapeText(child);
  if (typeof child === "number") return numberText(child);
  if ("markup" in child) return child.markup;
  return child.map((part) => render(part)).join("");
}

/** Text for element content and for quoted attributes. What XML cannot hold at all becomes U+FFFD. */
export function escapeText(text: string): string {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
      .replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/gu, "\ufffd")
      .replace(/&/g, "&amp;")
      .replace(/</g, "&lt;")
      .replace(/>/g, "&gt;")
      .replace(/"/g, "&quot;")
      .replace(/'/g, "&#39;")
  );
}

/** A coordinate: two decimals are a fiftieth of a pixel's width and keep files small. */
export function numberText(value: number): string {
  if (!Number.isFinite(value)) throw new Error(`internal: a drawing was given the coordinate ${value}`);
  const rounded = Math.round(value * 100) / 100;
  return String(rounded === 0 ? 0 : rounded);
}

function attributeText(element: string, key: string, value: string | number | true): string {
  if (value === true) return key;
  if (typeof value === "string") return value;
  if (!Number.isFinite(value)) throw new Error(`internal: <${element} ${key}> was given ${value}`);
  return numberText(value);
}
