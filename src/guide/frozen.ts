/** Freezes data all the way down: an answer must not depend on what somebody did to an earlier one. */
export function frozen<T>(data: T): T {
  if (typeof data !== 'object' || data === null || Object.isFrozen(data)) return data;
  Object.freeze(data);
  Object.values(data).forEach(frozen);
  return data;
}
