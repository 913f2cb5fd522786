/**
 * The one error by which a service behind a protocol says "not now": the log is late or unreachable, a
 * view is not known to be current, the disk is full. A protocol answers it with its own temporary error
 * (SMTP 4xx, IMAP `NO [UNAVAILABLE]`, POP3 `-ERR [SYS/TEMP]`), never with a permanent one, because the
 * fault is ours.
 */
export class ServiceUnavailable extends Error {
  override readonly name = 'ServiceUnavailable';
}
