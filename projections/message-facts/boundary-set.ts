/**
 * The boundaries of the multiparts that are open, and which of them a line begins with.
 *
 * A trie, so that a line costs its own octets however many boundaries are open and however much they
 * share: a message made to be slow cannot be.
 */

export interface BoundaryMatch {
  /** The multipart, by its place among the open entities. */
  readonly owner: number;
  /** Octets of its boundary. */
  readonly length: number;
}

export interface BoundarySet {
  /** How many boundaries are open. */
  size(): number;
  /** Adds the innermost multipart's boundary. */
  add(boundary: string, owner: number): void;
  /** Removes a boundary that was the last one added with this text. */
  remove(boundary: string): void;
  /** The boundary with which `line` begins between `start` (behind the two hyphens) and `end` (before the
   * line end). `whole` says that `end` is the line's end and not only as far as we looked. */
  match(line: Uint8Array, start: number, end: number, whole: boolean): BoundaryMatch | undefined;
}

const root = 0;
const hyphen = 0x2d;

export function createBoundarySet(): BoundarySet {
  /** (node, octet) to node. */
  const edges = new Map<number, number>();
  /** How many boundaries run through a node. */
  const uses: number[] = [0];
  /** Whose boundary ends at a node, the innermost last. */
  const owners: number[][] = [[]];
  const free: number[] = [];
  let size = 0;

  function childOf(node: number, octet: number): number {
    const key = node * 256 + octet;
    const known = edges.get(key);
    if (known !== undefined) return known;
    const child = free.pop() ?? uses.length;
    uses[child] = 0;
    owners[child] = [];
    edges.set(key, child);
    return child;
  }

  function add(boundary: string, owner: number): void {
    let node = root;
    for (let at = 0; at < boundary.length; at += 1) {
      node = childOf(node, boundary.charCodeAt(at));
      uses[node]! += 1;
    }
    owners[node]!.push(owner);
    size += 1;
  }

  function remove(boundary: string): void {
    let node = root;
    for (let at = 0; at < boundary.length; at += 1) {
      const key = node * 256 + boundary.charCodeAt(at);
      node = edges.get(key)!;
      uses[node]! -= 1;
      if (uses[node] === 0) {
        edges.delete(key);
        free.push(node);
      }
    }
    owners[node]!.pop();
    size -= 1;
  }

  function match(line: Uint8Array, start: number, end: number, whole: boolean): BoundaryMatch | undefined {
    // RFC 2046 section 5.1.1: the line has to begin with the boundary, not to be it. When several do,
    // the longest wins; but a line that is one exactly, as delimiter or as close-delimiter, belongs to
    // the innermost such, or `--foo--` could never close `foo` inside of `foo--`.
    const closes = whole && end - start > 2 && line[end - 1] === hyphen && line[end - 2] === hyphen;
    let longest: BoundaryMatch | undefined;
    let exact: BoundaryMatch | undefined;
    let node: number | undefined = root;
    for (let at = start; ; at += 1) {
      const owner = owners[node]!.at(-1);
      if (owner !== undefined) {
        longest = { owner, length: at - start };
        const isExact = whole && (at === end || (closes && at === end - 2));
        if (isExact && (exact === undefined || owner > exact.owner)) exact = longest;
      }
      if (at >= end) break;
      node = edges.get(node * 256 + line[at]!);
      if (node === undefined) break;
    }
    return exact ?? longest;
  }

  return { size: () => size, add, remove, match };
}
