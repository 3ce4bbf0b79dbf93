/** What a tree row shows, without the editor's classes. */
export interface Row {
  readonly label: string;
  readonly description: string;
  /** Codicon and, where it means something, a theme color. */
  readonly icon: { readonly id: string; readonly color?: string };
  readonly contextValue: string;
  /** What a screen reader says. */
  readonly aria: string;
}
