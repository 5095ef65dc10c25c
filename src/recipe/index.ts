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
