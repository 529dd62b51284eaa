/** Go to another site. A module of its own, because tests cannot leave. */
export const leaveTo = (url: string): void => window.location.assign(url);
