export { resolveHardware } from "./base.js";
export { type HardwareOverrides, withOverrides } from "./overrides.js";
export { isaacComponents } from "./presets/component-constants.js";
export { findHardware, hardwarePresets } from "./presets.js";
export { hardwareJsonSchema } from "./schema.js";
export type * from "./types.js";
export { referenceRules, widestConverter } from "./types.js";
export { parseHardware } from "./validate.js";
