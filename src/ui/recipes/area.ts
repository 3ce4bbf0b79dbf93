import type { Area } from '../area';
import type { Ui } from '../ui';

/** Folders made from recipes; everything is loaded with the first use. */
export function recipesArea(ui: Ui): Area {
  return {
    commands: {
      'skylab.recipe.deploy': async (arg) => (await import('./newFromRecipe')).deployRecipe(ui, arg),
      'skylab.recipe.new': async (arg) => (await import('./newFromRecipe')).newFromRecipe(ui, arg),
    },
    disposables: [],
  };
}
