import { colours } from "./palette.js";

const light = "--page:#ffffff;--text:#1c2126;--muted:#5b6670;--rule:#d5dae0;--empty:#e7eaee;--panel:#f5f7f9;";
const dark = "--page:#14181c;--text:#e6eaee;--muted:#9aa6b2;--rule:#38414a;--empty:#2b333b;--panel:#1c2228;";

/** The colours of a page in a light scheme, a dark one, and on paper. */
export const themeStyle = `:root{color-scheme:light dark;${light}}
@media (prefers-color-scheme:dark){:root{${dark}}}
@media print{:root{color-scheme:light;${light}}}
`;

/** What the classes of the drawings mean. */
export const plotStyle = `.plot{max-width:100%;min-width:32rem;height:auto;display:block;font:12px system-ui,sans-serif}
.plot .text{fill:var(--text)}
.plot .tick{fill:var(--muted);font-size:11.5px}
.plot .axis{fill:var(--muted)}
.plot .point{paint-order:stroke;stroke:var(--page);stroke-width:3px}
.plot .value{font-variant-numeric:tabular-nums}
.plot .heading{font-size:15px;font-weight:600}
.plot .page{fill:var(--page)}
.plot .grid{stroke:var(--rule);stroke-width:1}
.plot .band{fill:var(--panel)}
.plot .band.other{fill:var(--page)}
.plot .base{stroke:var(--muted);stroke-width:1}
.plot .bar{stroke:var(--page);stroke-width:.6}
.plot .reference{stroke:var(--text);stroke-width:1.2;stroke-dasharray:5 3}
.plot .marker{stroke:var(--text);stroke-width:2}
.plot .whisker{stroke:var(--text);stroke-width:1.1;fill:none}
.plot .line{fill:none;stroke-width:2}
.plot .panel{font-size:13px;font-weight:600}
.plot .hollow{stroke-width:1.8}
.plot .dot{stroke:var(--page);stroke-width:.8}
.plot .occupied{fill:${colours.occupied}}
.plot .wasted{fill:${colours.wasted}}
.plot .empty{fill:${colours.empty}}
.plot .occupied,.plot .wasted{stroke:var(--page);stroke-width:1}
.plot .outline{fill:none;stroke:var(--muted);stroke-width:1}
.plot .cell-edge{fill:none;stroke:var(--page);stroke-width:.35}
`;
