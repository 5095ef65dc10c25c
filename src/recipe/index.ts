export { hardwareFor } from "./hardware.js";
export {
  type DraftNames,
  defaultRecipe,
  type ParseRecipeOptions,
  parseRecipe,
  type RecipeDraft,
} from "./parse.js";
export { defaultStage, type RecipeContext, type RecipePath } from "./resolve.js";
export { recipeJsonSchema } from "./schema.js";
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
