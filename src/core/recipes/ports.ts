/** A file of a recipe, or of a folder that is made from one. */
export interface RecipeFile {
  /** Relative, with `/`. */
  readonly path: string;
  readonly content: Buffer;
  readonly executable: boolean;
}

/** Where recipes are read from and folders are made. Adapter: adapters/files/recipeFolders. */
export interface RecipeFolders {
  /** Folders with a recipe.yaml: the folder itself, or those right below it, sorted. @throws SkylabError when it cannot be read */
  find(root: string): Promise<readonly string[]>;
  /** Every regular file below a recipe's folder. @throws SkylabError for links and for what is too large to be a recipe */
  files(folder: string): Promise<readonly RecipeFile[]>;
  /** Makes a folder whole or not at all. `.env` is closed to others. @throws SkylabError (code `FolderTaken`) where something is already */
  make(folder: string, files: readonly RecipeFile[]): Promise<void>;
  /** Writes a file that holds secrets, whole or not at all, for its owner alone. @throws SkylabError */
  writeSecret(path: string, text: string): Promise<void>;
}

/** Fetches recipes with the person's own git. Adapter: adapters/files/recipeGit. */
export interface RecipeGit {
  /**
   * Clones the newest commit alone into a fresh folder.
   * @param url https, ssh or file
   * @returns what was fetched
   * @throws SkylabError when git is missing, refuses, or the address has another form
   */
  clone(
    url: string,
    folder: string,
    signal?: AbortSignal,
  ): Promise<{ readonly commit: string; readonly author: string; readonly date: string }>;
}
