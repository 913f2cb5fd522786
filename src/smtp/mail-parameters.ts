/**
 * The ESMTP parameters that MAIL and RCPT may carry, and what their values mean. Only what EHLO
 * announces is known; anything else is 555 (RFC 5321 section 4.1.1.11), so that no sender believes that
 * a wish (a DSN, SMTPUTF8) was heard when it was not.
 */
import type { Parameter, ParseResult } from './path-parser.ts';
import { replies } from './replies.ts';

export interface MailParameters {
  /** RFC 1870. */
  readonly declaredSize?: number;
  /** RFC 6152. */
  readonly body?: '7BIT' | '8BITMIME';
}

interface MailParameterRules {
  /** AUTH= is part of the AUTH extension (RFC 4954 section 5): unknown where that is not announced. */
  readonly authOffered: boolean;
}

export function understandMailParameters(
  parameters: readonly Parameter[],
  rules: MailParameterRules,
): ParseResult<MailParameters> {
  let understood: MailParameters = {};
  for (const { keyword, value } of parameters) {
    switch (keyword) {
      case 'SIZE': {
        // RFC 1870 section 4: 1*20DIGIT.
        if (value === undefined || !/^\d{1,20}$/.test(value))
          return { ok: false, reply: replies.badParameter };
        understood = { ...understood, declaredSize: Number(value) };
        break;
      }
      case 'BODY': {
        const body = value?.toUpperCase();
        // BINARYMIME (RFC 3030) would need BDAT, which is not announced.
        if (body !== '7BIT' && body !== '8BITMIME') return { ok: false, reply: replies.badParameter };
        understood = { ...understood, body };
        break;
      }
      case 'AUTH': {
        if (!rules.authOffered) return { ok: false, reply: replies.unknownParameter };
        // Checked and recorded as sent. Nobody here is trusted to vouch for another submitter, so it
        // has no further meaning (RFC 4954 section 5: treat as AUTH=<>).
        if (value === undefined || !isXtext(value)) return { ok: false, reply: replies.badParameter };
        break;
      }
      default:
        return { ok: false, reply: replies.unknownParameter };
    }
  }
  return { ok: true, value: understood };
}

/** RFC 3461 section 4: a plus sign only before two upper-case hexadecimal digits. */
function isXtext(value: string): boolean {
  return /^(?:[\x21-\x2a\x2c-\x3c\x3e-\x7e]|\+[0-9A-F]{2})*$/.test(value);
}
