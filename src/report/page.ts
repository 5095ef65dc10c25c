import { plotStyle, themeStyle } from "./plots/style.js";
import type { Plot } from "./plots/types.js";
import { figureHtml } from "./plots/write.js";
import { element, type Markup, raw, render } from "./svg.js";

export interface PageMeta {
  /** What the page is about, as its reader knows it. */
  readonly title: string;
  /** Of the program that wrote the page. */
  readonly version: string;
  /** Behind the version, at the end. Default: what energy and latency are of. */
  readonly remark?: string;
}

/** A whole page that loads nothing: styles, drawings and a script are inside. */
export function htmlPage(
  { title, version, remark = "Energy and latency are those of one image." }: PageMeta,
  content: readonly (Markup | undefined)[],
  script?: string,
): string {
  const head = element(
    "head",
    {},
    element("meta", { charset: "utf-8" }),
    element("meta", { name: "viewport", content: "width=device-width, initial-scale=1" }),
    // What the file does not load it may not load either.
    element("meta", {
      "http-equiv": "Content-Security-Policy",
      content: `default-src 'none'; style-src 'unsafe-inline'; ${script === undefined ? "" : "script-src 'unsafe-inline'; "}img-src data:`,
    }),
    // Without an icon of its own a browser asks the server for one.
    element("link", { rel: "icon", href: "data:," }),
    element("title", {}, title),
    element("style", {}, raw(themeStyle + plotStyle + reportStyle)),
  );
  const footer = `Written by xbarkit ${version}. ${remark}`.trimEnd();
  const main = element(
    "main",
    {},
    element("h1", {}, title),
    content.filter((part) => part !== undefined),
    element("footer", {}, footer),
  );
  const body = element(
    "body",
    {},
    main,
    script === undefined ? undefined : element("script", {}, raw(script)),
  );
  return `<!DOCTYPE html>\n${render(element("html", { lang: "en" }, head, body))}\n`;
}

export const figures = (plots: readonly Plot[]): Markup[] => plots.map((plot) => figureHtml(plot));

/** Nothing at all where there is no content. */
export function section(heading: string, content: readonly Markup[]): Markup | undefined {
  return content.length === 0 ? undefined : element("section", {}, element("h2", {}, heading), content);
}

export const properties = (rows: readonly (readonly [string, string])[]): Markup =>
  element(
    "dl",
    { class: "properties" },
    rows.map(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );

const reportStyle = `*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--text);font:15px/1.5 system-ui,sans-serif}
main{max-width:50rem;margin:0 auto;padding:2rem 1.25rem 4rem}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .3rem;overflow-wrap:anywhere}
h2{font-size:1.25rem;margin:2.8rem 0 .6rem;padding-bottom:.25rem;border-bottom:1px solid var(--rule)}
h3{font-size:1rem;line-height:1.35;margin:0;overflow-wrap:anywhere}
section>h3{margin-top:1.6rem}
.lead{color:var(--muted);margin:0 0 1.4rem}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(13rem,1fr));gap:.7rem;margin:0}
.cards>div{background:var(--panel);border:1px solid var(--rule);border-radius:6px;padding:.7rem .9rem}
.cards dt{color:var(--muted);font-size:.82rem}
.cards dd{margin:0;font-size:1.35rem;font-weight:600;font-variant-numeric:tabular-nums}
.cards dd.note{font-size:.82rem;font-weight:400;color:var(--muted)}
figure{margin:1.4rem 0 2.2rem;overflow-x:auto}
figcaption p{margin:.15rem 0 .8rem;color:var(--muted);font-size:.88rem;max-width:48rem}
summary{cursor:pointer;color:var(--muted);font-size:.88rem;width:max-content}
.scroll{overflow-x:auto;margin:.5rem 0}
table{border-collapse:collapse;font-size:.82rem;font-variant-numeric:tabular-nums}
th,td{padding:.22rem .7rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--rule)}
thead th{color:var(--muted);font-weight:600;vertical-align:bottom;white-space:normal}
th:first-child{text-align:left;padding-left:0;position:sticky;left:0;background:var(--page)}
tbody th{font-weight:400}
.readings td:last-child,.readings thead th:last-child{white-space:normal;text-align:left}
.properties{display:grid;grid-template-columns:max-content 1fr;gap:.25rem 1.2rem;margin:.5rem 0;font-size:.9rem}
.properties dt{color:var(--muted)}
.properties dd{margin:0;overflow-wrap:anywhere}
.picker{display:block;margin:.8rem 0;color:var(--muted)}
select{font:inherit;max-width:100%;color:var(--text);background:var(--panel);border:1px solid var(--rule);border-radius:4px;padding:.15rem .4rem}
pre{background:var(--panel);border:1px solid var(--rule);border-radius:6px;padding:.8rem 1rem;font-size:.8rem;white-space:pre-wrap;overflow-wrap:anywhere}
footer{margin-top:3rem;color:var(--muted);font-size:.85rem}
@media print{main{max-width:none;padding:0}figure,.cards>div,tr{break-inside:avoid}h2,h3,figcaption{break-after:avoid}.picker,details:not([open]){display:none}table{font-size:.5rem}th,td{padding:.1rem .25rem}.scroll{overflow:visible}}
`;

/** Shows the drawing of the layer that was chosen; a browser may have kept a choice over a reload. */
export const reportScript = `(() => {
  const select = document.getElementById("layer");
  if (!select) return;
  const show = () => {
    document.querySelectorAll(".drawing").forEach((box, i) => { box.hidden = i !== select.selectedIndex; });
  };
  select.addEventListener("change", show);
  show();
})();
`;
