/** What the key store's main side and its workers say to each other; keys travel as octets beside it. */
import type { KeyScope } from '../../../events/scope-keys.ts';
import type { KeyRow } from './key-table.ts';

export interface KeySetup {
  readonly path: string;
  readonly masterKey: Uint8Array;
}

export interface KeyHello {
  readonly masterKeyBelongs: boolean;
}

export type KeyWriteRequest =
  | { readonly kind: 'put'; readonly scope: KeyScope }
  | { readonly kind: 'destroy'; readonly scope: KeyScope };

export type KeyReadRequest =
  | { readonly kind: 'get'; readonly scope: KeyScope }
  | { readonly kind: 'list'; readonly prefix: string; readonly after: string; readonly limit: number };

/** `stored`: the key that was sent is in force. `key`: the octets beside it are. */
export type KeyAnswer = 'stored' | 'key' | 'destroyed' | 'none';

export type KeyReadAnswer = KeyAnswer | readonly KeyRow[];
