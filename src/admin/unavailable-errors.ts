/** Errors, by name, of stores, actors and views that cannot answer now: nothing is wrong with what was asked. */
export const unavailableErrors: ReadonlySet<string> = new Set([
  'LogUnavailable',
  'KeyStoreUnavailable',
  'BlobStoreUnavailable',
  'ViewsUnavailable',
  'ServiceUnavailable',
  'ActorUnavailable',
]);
