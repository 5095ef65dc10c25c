export { type ArrayMap, arrayMap, type CellCounts, cellCounts } from "./array-map.js";
export { countAxis, numberAxis, quantityAxis, shareAxis } from "./axis.js";
export {
  type Bar,
  type BarChart,
  barChart,
  type GroupedBars,
  type GroupedRow,
  groupedBars,
  type Series,
  type StackedBars,
  type StackedRow,
  stackedBars,
} from "./bars.js";
export { type Band, type Curve, type CurveChart, curveChart } from "./curves.js";
export { type LineChart, lineChart, type Point } from "./line-chart.js";

export { colourScale, colours, lineColours, pairColours, seriesColours } from "./palette.js";
export { panels } from "./panels.js";
export {
  type ChartPoint,
  type PointChart,
  type PointMark,
  type PointSeries,
  pointChart,
} from "./point-chart.js";

export type { Axis, DataTable, Plot, PlotText, Reference } from "./types.js";
export { figureHtml, standaloneSvg } from "./write.js";
