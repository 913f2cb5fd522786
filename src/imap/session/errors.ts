/** How a session ends before its client says LOGOUT. */

/** The socket is gone: nothing can be read or said any more. */
export class ConnectionGone extends Error {
  override readonly name = 'ConnectionGone';
}

/** The session must end with this BYE; the reason goes on record. */
export class SessionEnded extends Error {
  override readonly name = 'SessionEnded';
  readonly bye: string;

  constructor(bye: string, reason: string) {
    super(reason);
    this.bye = bye;
  }
}
