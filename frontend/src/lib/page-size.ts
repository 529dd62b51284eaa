/** How many rows a page may have; the API gives at most 200. */
export const PAGE_SIZES = [25, 50, 100, 200];
export const PAGE_SIZE = 50;
