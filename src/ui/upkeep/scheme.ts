/** Of the pages about machines; menus in package.json name it. */
export const PAGE_SCHEME = 'skylab-machine-page';
