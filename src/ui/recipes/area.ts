import type { Area } from '../area';
import type { Ui } from '../ui';

/** Folders made from recipes; everything is loaded with the first use. */
export function recipesArea(ui: Ui): Area {
  return {
    commands: {
      'skylab.graphTerm.codes': async (arg) => (await import('./graphTerm')).getCodes(ui, arg),
      'skylab.hub.add': async (arg) => (await import('./hubs')).addHubCommand(ui, arg),
      'skylab.hub.export': async (arg) => (await import('./oldHub')).exportOldHub(arg),
      'skylab.hub.import': async () => (await import('./oldHub')).importOldHub(ui),
      'skylab.hub.lists': async (arg) => (await import('./lists')).editLists(ui, arg),
      'skylab.hub.register': async (arg) => (await import('./register')).registerHub(ui, arg),
      'skylab.hub.remove': async (arg) => (await import('./hubs')).removeHubCommand(ui, arg),
      'skylab.recipe.deploy': async (arg) => (await import('./newFromRecipe')).deployRecipe(ui, arg),
      'skylab.recipe.new': async (arg) => (await import('./newFromRecipe')).newFromRecipe(ui, arg),
      'skylab.recipe.setUp': async (arg) => (await import('./setUpFolder')).setUpFromFolder(ui, arg),
    },
    disposables: [],
  };
}
