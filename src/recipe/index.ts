export { hardwareFor } from "./hardware.js";
export {
  type DraftNames,
  defaultRecipe,
  type ParseRecipeOptions,
  parseRecipe,
  type RecipeDraft,
} from "./parse.js";
export type { RecipeContext } from "./resolve.js";
export { defaultGroups, defaultStage } from "./resolve-stages.js";
export { recipeJsonSchema } from "./schema.js";
export type { RecipePath } from "./source.js";
export { trains } from "./stage-types.js";
export type * from "./types.js";
export {
  type Override,
  type RecipeText,
  readRecipeText,
  recipePath,
  recipeWithin,
  resolveVariant,
} from "./variant.js";
export { pathText, readYaml, shortJson, type YamlKind, type YamlText } from "./yaml.js";
