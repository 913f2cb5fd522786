/**
 * A bound on octets that are under way to a store, for all writers together: who comes when it is full
 * waits its turn, first come first served. A piece larger than the bound passes alone.
 */
export interface OctetGate {
  /** Resolves when there is room; undefined when there is room at once. */
  enter(octets: number): Promise<void> | undefined;
  /** For each `enter`, when its octets are no longer under way. */
  leave(octets: number): void;
}

export function octetGate(octetsMax: number): OctetGate {
  let inside = 0;
  let waiting: { readonly octets: number; readonly pass: () => void }[] = [];

  const fits = (octets: number): boolean => inside === 0 || inside + octets <= octetsMax;

  return {
    enter(octets) {
      if (waiting.length === 0 && fits(octets)) {
        inside += octets;
        return undefined;
      }
      return new Promise((pass) => waiting.push({ octets, pass }));
    },
    leave(octets) {
      inside -= octets;
      let passed = 0;
      for (const next of waiting) {
        if (!fits(next.octets)) break;
        inside += next.octets;
        passed++;
        next.pass();
      }
      if (passed > 0) waiting = waiting.slice(passed);
    },
  };
}
