/**
 * What a client connection leaves on record. Every protocol notes the same kinds of facts; an adapter
 * turns them into the events of the session's stream.
 *
 * `note` keeps the order and never throws, so that recording cannot break a conversation; a protocol
 * that must know that what it noted is durable (before the bytes of a message leave) awaits `flush`.
 */
export type SessionFact =
  | { readonly type: 'ClientIdentified'; readonly verb: string; readonly name: string }
  | {
      readonly type: 'TlsEstablished';
      readonly version: string;
      readonly cipher: string;
      readonly serverName?: string;
    }
  | { readonly type: 'TlsFailed'; readonly reason: string }
  | {
      readonly type: 'Authenticated';
      readonly mechanism: string;
      readonly accountId: string;
      readonly authenticationId: string;
      readonly authorizationId?: string;
    }
  | {
      readonly type: 'AuthenticationFailed';
      readonly mechanism: string;
      readonly login: string;
      readonly accountId?: string;
    }
  | {
      readonly type: 'CommandRefused';
      readonly verb: string;
      readonly code: string;
      readonly enhanced?: string;
      readonly text: string;
    }
  | { readonly type: 'ProtocolViolated'; readonly what: string }
  | {
      readonly type: 'FolderOpened';
      readonly accountId: string;
      readonly folderId: number;
      readonly readOnly: boolean;
    }
  | {
      readonly type: 'MessagesRead';
      readonly accountId: string;
      readonly folderId: number;
      /** A UID set in canonical form, such as `1:3,7`. */
      readonly uids: string;
      readonly part: string;
    };

/** How a session ended. The octets are those of the protocol, without what TLS adds. */
export interface SessionEnd {
  readonly reason: string;
  readonly octetsIn: number;
  readonly octetsOut: number;
}

export interface SessionRecorder {
  readonly sessionId: string;
  /** Keeps the order; buffered; never throws. */
  note(fact: SessionFact): void;
  /** Resolves when everything noted so far is durable; rejects with `ServiceUnavailable`. */
  flush(): Promise<void>;
  /** Never rejects. */
  close(end: SessionEnd): Promise<void>;
}
