/** The certificate or key cannot be used: the operator's to mend, so the message says which file and why. */

export type TlsErrorCode =
  | 'missing'
  | 'unreadable'
  | 'not-a-certificate'
  | 'not-a-key'
  | 'encrypted-key'
  | 'key-mismatch'
  | 'refused';

export class TlsError extends Error {
  override readonly name = 'TlsError';
  readonly code: TlsErrorCode;
  readonly file: string;

  constructor(code: TlsErrorCode, file: string, message: string, cause?: unknown) {
    super(`${file}: ${message}`, { cause });
    this.code = code;
    this.file = file;
  }
}
